// Files far larger than memory, through the app on the local host: they are read to their end or refused with a sentence, and the worker
// process stays as small as it is for any other file. Its resident memory is measured from outside.
import { gzipSync } from 'node:zlib';
import { BlobServiceClient } from '@azure/storage-blob';
import { watchWorker } from '../bench/worker-memory';
import { makeAppApi } from '../demo/app-api';
import { seedConnectionAndExport } from '../local/seed';
import { startStack, type Stack } from '../local/stack';

const container = 'segments';
const megabyte = 1_000_000;
const columns = ['Id', 'Email', 'First', 'Last', 'Rest'];
const rowBytes = 2_000;

/** What the worker may take at most, at any time, in megabytes. The app alone takes about 160 after a small run. */
const mostMemory = 300;

let stack: Stack;
let listId: string;
const deadline = new AbortController();
beforeAll(async () => {
  stack = await startStack({
    container,
    prefix: 'export',
    jobMilliseconds: 50,
    settings: { POLL_FIRST_SECONDS: '0.2', SEGMENT_SETTLE_SECONDS: '86400' },
    constantContactSeed: { lists: [{ name: 'Customers' }] },
  });
  listId = stack.constantContact.state(0).lists[0]!.id;
  await segments().createIfNotExists();
}, 60_000);
afterAll(async () => {
  deadline.abort();
  await stack.stop();
});

const segments = () =>
  BlobServiceClient.fromConnectionString(stack.azurite.connectionString).getContainerClient(container);

/** Uploads a shard of these pieces. One that stands there again and again is uploaded once. @returns its size. */
async function upload(name: string, pieces: readonly Buffer[]): Promise<number> {
  const blob = segments().getBlockBlobClient(`export/${name}.csv`);
  const distinct = [...new Set(pieces)];
  const idOf = (piece: Buffer) =>
    Buffer.from(String(distinct.indexOf(piece)).padStart(6, '0')).toString('base64');
  for (const piece of distinct) await blob.stageBlock(idOf(piece), piece, piece.length);
  await blob.commitBlockList(pieces.map(idOf));
  return (await blob.getProperties()).contentLength ?? 0;
}

async function run(name: string) {
  const entity = {
    $type: 'LocalEntity',
    name,
    attributes: columns.map((column) => ({ name: column, dataType: 'string' })),
    partitions: [
      {
        name,
        location: `${segments().url}/export/${name}.csv`,
        fileFormatSettings: { columnHeaders: true },
      },
    ],
  };
  const model = JSON.stringify({ name: 'export', version: '1.0', entities: [entity] });
  await segments().getBlockBlobClient('export/model.json').upload(model, Buffer.byteLength(model));
  const { exportId } = await seedConnectionAndExport(stack, {
    name,
    listId,
    segments: [name],
    columns: { email: 'Email', profileId: 'Id', firstName: 'First', lastName: 'Last' },
  });
  const api = makeAppApi(stack.functionsUrl, deadline.signal);
  const peakMemory = await watchWorker(stack.host);
  const path = await api.startRun(exportId);
  const ended = await api.untilOver(path, 100_000, () => undefined);
  return { ...ended, memory: await peakMemory() };
}

const header = Buffer.from(`${columns.join(',')}\n`);
const filler = 'r'.repeat(rowBytes);
/** Rows of people with numbers from 0 on. */
const rows = (count: number, lastField: string) =>
  Buffer.from(
    Array.from(
      { length: count },
      (_, number) => `${number},person${number}@example.com,Ann,Bell,${lastField}\n`,
    ).join(''),
  );

function expectFlat(memory: number | undefined) {
  // Elsewhere than on Linux nobody tells.
  if (memory !== undefined) expect(memory).toBeLessThan(mostMemory);
}

test('one shard of 300 MB, with a field of 5 MB, a row of 10,000 columns and an open quote among its rows', async () => {
  const [pieces, people] = [75, 2_000];
  const quoted = rows(people, `"${filler}"`);
  const shard = [header, ...Array.from({ length: pieces }, () => quoted)];
  const wide = `0,wide@example.com,${'x'.repeat(5 * megabyte)},Bell,\n`;
  const many = `${'c,'.repeat(9_999)}c\n`;
  // No quote in the megabyte behind the open one may close it.
  const open = `0,open@example.com,"Ann,Bell,\n${rows(1_000, filler).toString()}`;
  shard.splice(25, 0, Buffer.from(wide + many));
  shard.splice(50, 0, Buffer.from(open));
  const bytes = await upload('Large', shard);
  expect(bytes).toBeGreaterThan(300 * megabyte);
  const { status, counts, rejectedByReason, memory } = await run('Large');
  expect({ status, counts, rejectedByReason }).toEqual({
    status: 'Completed with warnings',
    counts: {
      read: pieces * people + 1_000 + 3,
      accepted: people,
      duplicate: (pieces - 1) * people + 1_000,
      rejected: 3,
      refused: 0,
      unconfirmed: 0,
      notSent: 0,
    },
    rejectedByReason: { 'too-long': 1, 'wrong-width': 1, 'unclosed-quote': 1 },
  });
  expectFlat(memory);
}, 120_000);

test('1 MB of gzip that holds 1 GB of rows: each is read, and the same person is sent once', async () => {
  const [members, each] = [50, 1_000];
  const row = `1,person1@example.com,Ann,Bell,${'r'.repeat(20_000)}\n`;
  const member = gzipSync(row.repeat(each), { level: 9 });
  const bytes = await upload('Bomb', [
    gzipSync(header),
    Buffer.concat(Array.from({ length: members }, () => member)),
  ]);
  expect(bytes).toBeLessThan(1.2 * megabyte);
  expect(members * each * row.length).toBeGreaterThan(1_000 * megabyte);
  const { status, counts, memory } = await run('Bomb');
  expect({ status, ...counts }).toMatchObject({
    status: 'Successful',
    read: members * each,
    accepted: 1,
    duplicate: members * each - 1,
  });
  expectFlat(memory);
}, 120_000);

test('1 MB of gzip that holds 1 GB of zeros is no file of rows: nothing is sent', async () => {
  const member = gzipSync(Buffer.alloc(20 * megabyte), { level: 9 });
  const bytes = await upload('Zeros', [Buffer.concat(Array.from({ length: 50 }, () => member))]);
  expect(bytes).toBeLessThan(1.1 * megabyte);
  const { status, reason, memory } = await run('Zeros');
  expect({ status, code: reason?.code }).toEqual({ status: 'Failed', code: 'header-wrong' });
  expect(reason?.sentence).toMatch(/"Zeros\.csv" of segment "Zeros".*Export the segment again/);
  expectFlat(memory);
}, 120_000);
