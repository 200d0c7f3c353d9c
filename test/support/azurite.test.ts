// The storage emulator that other tests stand on: it answers at once, ends on request, and cannot outlive its parent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { startAzurite } from './azurite';
import { ChildDidNotStart } from './child-process';
import { projectRoot } from './project-root';

const refused = async (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );

test('blobs, queues and tables answer as soon as it has started, and no more when it is stopped', async () => {
  const azurite = await startAzurite();
  try {
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      'some',
    );
    await container.create();
    await container.getBlockBlobClient('a/b').upload('text', 4);
    expect(String(await container.getBlobClient('a/b').downloadToBuffer())).toBe('text');
    await new QueueClient(azurite.connectionString, 'work').create();
    const table = TableClient.fromConnectionString(azurite.connectionString, 'rows', {
      allowInsecureConnection: true,
    });
    await table.createTable();
  } finally {
    await azurite.stop();
  }
  expect(await refused(azurite.blobEndpoint)).toBe(true);
});

test('two run side by side', async () => {
  const both = await Promise.all([startAzurite(), startAzurite()]);
  expect(new Set(both.map(({ blobEndpoint }) => blobEndpoint)).size).toBe(2);
  await Promise.all(both.map((one) => one.stop()));
});

test('what lies in a folder is there after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
  try {
    const first = await startAzurite({ folder });
    const container = BlobServiceClient.fromConnectionString(first.connectionString).getContainerClient(
      'some',
    );
    await container.create();
    await container.getBlockBlobClient('kept').upload('still here', 10);
    await first.stop();

    const second = await startAzurite({ folder });
    const again = BlobServiceClient.fromConnectionString(second.connectionString).getContainerClient('some');
    expect(String(await again.getBlobClient('kept').downloadToBuffer())).toBe('still here');
    await second.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a port that is taken fails the start and says so', async () => {
  const first = await startAzurite();
  const blob = Number(new URL(first.blobEndpoint).port);
  await expect(startAzurite({ ports: { blob } })).rejects.toThrow(ChildDidNotStart);
  await expect(startAzurite({ ports: { blob } })).rejects.toThrow(/EADDRINUSE/);
  await first.stop();
});

test('it ends when its parent is killed', async () => {
  // A parent that starts a child as the stack does, tells its id, and would live for ever.
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const child = require('node:child_process').spawn(process.execPath, ['--require', ${JSON.stringify(
        join(projectRoot(), 'test/support/end-with-parent.cjs'),
      )}, require.resolve('azurite/dist/src/azurite.js'), '--inMemoryPersistence', '--silent', '--disableTelemetry', '--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
        { detached: true, stdio: ['pipe', 'inherit', 'inherit'] });
      setInterval(() => child.pid, 1000);`,
    ],
    { cwd: projectRoot(), stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let endpoint = '';
  for await (const line of createInterface({ input: parent.stdout })) {
    endpoint = /Table service is successfully listening at (\S+)/.exec(line)?.[1] ?? '';
    if (endpoint) break;
  }
  expect(await refused(endpoint)).toBe(false);
  parent.kill('SIGKILL');
  // Both ends hold the parent's output: it closes when the last of them is gone.
  await once(parent, 'close');
  expect(await refused(endpoint)).toBe(true);
});
