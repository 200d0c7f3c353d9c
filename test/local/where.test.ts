// What `npm start` says: addresses that answer, ports that were taken, and commands that can be pasted.
import { execFileSync } from 'node:child_process';
import { movedLines, whereText, type Addresses } from './where';
import type { StackPorts } from './stack';

const ports: StackPorts = {
  functions: 7071,
  blob: 10000,
  queue: 10001,
  table: 10002,
  keyVault: 7081,
  constantContact: 7082,
};
const addresses: Addresses = {
  functionsUrl: 'http://127.0.0.1:7071',
  keyVaultUrl: 'http://127.0.0.1:7081',
  constantContact: { url: 'http://127.0.0.1:7082' },
  azurite: {
    blobEndpoint: 'http://127.0.0.1:10000/devstoreaccount1',
    queueEndpoint: 'http://127.0.0.1:10001/devstoreaccount1',
    tableEndpoint: 'http://127.0.0.1:10002/devstoreaccount1',
  },
};

test('nothing is said of ports when everything is where it should be', () => {
  expect(movedLines(ports, addresses)).toEqual([]);
  expect(whereText(addresses, ports, 'export1', '/data')).not.toContain('in use');
});

test('each part that had to move is named, with both ports', () => {
  const moved = {
    ...addresses,
    functionsUrl: 'http://127.0.0.1:7072',
    azurite: { ...addresses.azurite, queueEndpoint: 'http://127.0.0.1:10003/devstoreaccount1' },
  };
  const lines = ['7071 is in use, so the app is on 7072.', '10001 is in use, so Queue storage is on 10003.'];
  expect(movedLines(ports, moved)).toEqual(lines);
  for (const line of lines) expect(whereText(moved, ports, 'export1', '/data')).toContain(line);
});

test('no command names a sample export that was removed', () => {
  const text = whereText(addresses, ports, undefined, '/data');
  expect(text).toContain('curl -s http://127.0.0.1:7071/api/exports\n');
  expect(text).not.toContain('/runs');
});

test('the first command keeps the address of the run for the others', () => {
  const text = whereText(addresses, ports, 'export1', '/data');
  const command = (name: string) => new RegExp(`^${name}: +(.*)$`, 'm').exec(text)?.[1] ?? 'exit 1';
  // In place of curl: it shows what it was asked for, and answers a POST as the app does.
  const script = `
    curl() { case "$*" in
      *POST*) printf 'HTTP/1.1 202 Accepted\\r\\nLocation: /api/runs/run1\\r\\nRetry-After: 2\\r\\n\\r\\n{}'; echo "$*" >&2 ;;
      *) echo "$*" ;; esac; }
    ${command('Run the sample export')}
    ${command('Look at the run')}
    ${command('See who was rejected')}`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8', stdio: 'pipe' }).split('\n')).toEqual([
    '/api/runs/run1',
    '-s http://127.0.0.1:7071/api/runs/run1',
    '-s http://127.0.0.1:7071/api/runs/run1/rejects',
    '',
  ]);
});
