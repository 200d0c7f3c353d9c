// Memory stays flat, however large a file or what it holds. Each file is made while it is read, so that only the reader's memory counts.
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import type { BlobReader } from '../../shared/platform/blobs';
import { readShard } from '../../shared/segments/read-shard';
import type { Malformation, Shard } from '../../shared/segments/segment';
import { memoryBlobs } from './memory-blobs';

const megabyte = 1_000_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Reads `pieces` as one shard of two columns; counts what comes, and the most memory in use between chunks, above that before. */
async function measured(bytes: number, pieces: () => Iterable<Buffer>) {
  const blobs: BlobReader = {
    ...memoryBlobs(),
    stream: () => Promise.resolve(Readable.from(pieces(), { objectMode: false, highWaterMark: 65_536 })),
  };
  const shard: Shard = {
    segment: 'Buyers',
    name: '1.csv',
    blob: '1.csv',
    etag: '"1"',
    bytes,
    columns: ['a', 'b'],
    dialect: { delimiter: ',', quotes: 'always', backslashEscapes: false, header: false, encoding: 'utf-8' },
  };
  const inUse = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = inUse();
  let most = before;
  let records = 0;
  let drains = 0;
  const malformed: Partial<Record<Malformation, number>> = {};
  await readShard(blobs, shard, ['b'], {
    record: () => (records += 1),
    malformed: (_row, why) => (malformed[why] = (malformed[why] ?? 0) + 1),
    drain: () => {
      if (++drains % 300 === 0) most = Math.max(most, inUse());
      return Promise.resolve();
    },
  });
  return { records, malformed, grown: most - before };
}

/** `times` the same piece, in pieces of their own, as a download gives them. */
const repeated = (piece: Buffer, times: number) => ({
  bytes: piece.length * times,
  *pieces() {
    for (let time = 0; time < times; time++) yield Buffer.from(piece);
  },
});

/** The reader's own buffer, and chunks that were read and are not collected yet: far less than the files. */
const flat = 40 * megabyte;

/** As large as what a download gives at a time. */
const rows = `${'n'.repeat(60)},${'v'.repeat(50)}\n`.repeat(600);
const times = 4500;

test.each([
  ['rows', rows, { records: 600 * times, malformed: {} }],
  ['one field', 'x'.repeat(rows.length), { records: 0, malformed: { 'too-long': 1 } }],
  [
    'quotes, but no line break',
    `"${'x'.repeat(rows.length - 1)}`,
    { records: 0, malformed: { 'too-long': 1 } },
  ],
  ['zeros', '\0'.repeat(rows.length), { records: 0, malformed: { 'too-long': 1 } }],
])('300 MB of %s', async (_what, piece, expected) => {
  const { bytes, pieces } = repeated(Buffer.from(piece), times);
  expect(bytes).toBeGreaterThan(300 * megabyte);
  const { grown, ...counts } = await measured(bytes, pieces);
  expect(counts).toEqual(expected);
  expect(grown).toBeLessThan(flat);
});

test('300 MB behind a quote that is never closed', async () => {
  const head = Buffer.from('"x\n');
  const { bytes, pieces } = repeated(Buffer.from(rows), times);
  const { grown, ...counts } = await measured(bytes + head.length, function* () {
    yield head;
    yield* pieces();
  });
  expect(counts).toEqual({ records: 600 * times, malformed: { 'unclosed-quote': 1 } });
  expect(grown).toBeLessThan(flat);
});

test('gzip that is hundreds of times larger when unpacked', async () => {
  const member = gzipSync(Buffer.from(rows.repeat(150)), { level: 9 });
  const { bytes, pieces } = repeated(member, 30);
  expect(bytes).toBeLessThan(2 * megabyte);
  const { grown, ...counts } = await measured(bytes, pieces);
  expect(counts).toEqual({ records: 600 * 150 * 30, malformed: {} });
  expect(grown).toBeLessThan(flat);
});
