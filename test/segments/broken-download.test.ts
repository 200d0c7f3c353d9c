// The real storage client against a server whose connections break in mid-download: whatever happens, two versions are never mixed.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { makeBlobStore } from '../../shared/platform/blobs';
import { ShardChanged } from '../../shared/segments/errors';
import { readShard } from '../../shared/segments/read-shard';
import type { Shard } from '../../shared/segments/segment';
import { collected } from './collected';

const rows = 20_000;
/** A version of the file; all versions are of the same length. */
const version = (letter: string) => Buffer.from(`${letter.repeat(20)},${letter.repeat(19)}\n`.repeat(rows));
const shard: Shard = {
  segment: 'Buyers',
  name: '1.csv',
  blob: '1.csv',
  etag: '"a"',
  bytes: version('a').length,
  columns: ['one', 'two'],
  dialect: { delimiter: ',', quotes: 'always', backslashEscapes: false, header: false, encoding: 'utf-8' },
};

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const headers = (letter: string, length: number) => ({
  etag: `"${letter}"`,
  'content-length': String(length),
  'last-modified': new Date(0).toUTCString(),
  'x-ms-version': '2025-01-05',
});

/** Half of a version, and then nothing more: `end` says how. */
const half =
  (letter: string, end: (response: ServerResponse) => void): Answer =>
  (_request, response) => {
    const content = version(letter);
    response.writeHead(200, headers(letter, content.length));
    response.write(content.subarray(0, content.length / 2), () => end(response));
  };

/** What storage does: the version that is there, if it is the one that was asked for. */
const storage =
  (letter: string): Answer =>
  (request, response) => {
    if (request.headers['if-match'] !== `"${letter}"`)
      return void response.writeHead(412, { 'content-length': '0' }).end();
    const [, start = '0'] =
      /^bytes=(\d+)-/.exec(String(request.headers['x-ms-range'] ?? request.headers.range)) ?? [];
    const content = version(letter).subarray(Number(start));
    response.writeHead(start === '0' ? 200 : 206, headers(letter, content.length)).end(content);
  };

const gone: Answer = (_request, response) => void response.writeHead(404, { 'content-length': '0' }).end();

/** Reads the shard while the server gives these answers, one after another, the last one again and again. */
async function readWith(...answers: readonly Answer[]) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(request.headers['if-match']);
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const container = new ContainerClient(
    `http://127.0.0.1:${port}/account/segments`,
    new AnonymousCredential(),
    { retryOptions: { maxTries: 1 } },
  );
  const sink = collected();
  try {
    const outcome = await readShard(makeBlobStore(container), shard, ['one'], sink).then(
      () => 'read',
      (error: unknown) => error,
    );
    return { outcome, rows: sink.rows, asked };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const cut = (response: ServerResponse) => void response.destroy();

test('a file that arrives whole is read', async () => {
  const { outcome, rows: read } = await readWith(storage('a'));
  expect(outcome).toBe('read');
  expect(read).toHaveLength(rows);
});

test('every request, also one that goes on after a break, asks for the pinned version', async () => {
  const { asked } = await readWith(half('a', cut), storage('a'));
  expect(new Set(asked)).toEqual(new Set(['"a"']));
});

test.each([
  ['is another version', storage('b')],
  ['is none any more', gone],
])('after a break there %s: nothing of it gets in, and the read fails', async (_what, answer) => {
  const { outcome, rows: read } = await readWith(half('a', cut), answer);
  // Which of them depends on whether the client goes on by itself.
  expect(outcome).toMatchObject({
    code: expect.stringMatching(/^(read-interrupted|shard-changed)$/) as string,
    segment: 'Buyers',
    shard: '1.csv',
  });
  expect(read.length).toBeLessThanOrEqual(rows / 2);
  expect(new Set(read.map(([, cells]) => cells[0]))).toEqual(new Set(['a'.repeat(20)]));
});

test.each([
  ['another version', storage('b')],
  ['none any more', gone],
])('a file of which there is %s at the start means: start over', async (_what, answer) => {
  const { outcome, rows: read } = await readWith(answer);
  expect(outcome).toBeInstanceOf(ShardChanged);
  expect(read).toEqual([]);
});
