// The flat layout: folders are segments, their CSV files are shards with a header row.
import { gzipSync } from 'node:zlib';
import { ShardChanged } from '../../shared/segments/errors';
import { collected } from './collected';
import { memoryBlobs, type MemoryBlobs } from './memory-blobs';
import { failureOf, sourceOf } from './model';

const flat = (blobs: MemoryBlobs, prefix = 'ci') => sourceOf(blobs, { layout: 'flat', prefix });

function buyers(): MemoryBlobs {
  const blobs = memoryBlobs();
  blobs.put('ci/Buyers/b.csv', 'EMail,Name\nb@x.y,Bo\n', '2026-01-02T00:00:00.000Z');
  blobs.put('ci/Buyers/a.CSV.GZ', gzipSync('Name,EMail\nAl,a@x.y\n'), '2026-01-01T00:00:00.000Z');
  blobs.put('ci/Buyers/notes.txt', 'x');
  blobs.put('ci/Buyers/old/c.csv', 'EMail\nc@x.y\n');
  return blobs;
}

test('every CSV file directly in the folder is a shard, in the order of the names, with its own header', async () => {
  const source = flat(buyers());
  const [segment] = await source.open(['buyers']);
  expect(segment).toMatchObject({
    name: 'Buyers',
    columns: ['Name', 'EMail'],
    lastRefreshed: '2026-01-02T00:00:00.000Z',
  });
  expect(segment!.shards.map(({ name, etag, columns }) => [name, etag, columns])).toEqual([
    ['Buyers/a.CSV.GZ', '"0x2"', undefined],
    ['Buyers/b.csv', '"0x1"', undefined],
  ]);
  const sink = collected();
  for (const shard of segment!.shards) await source.read(shard, ['EMail', 'Name'], sink);
  expect(sink.rows).toEqual([
    [1, ['a@x.y', 'Al']],
    [1, ['b@x.y', 'Bo']],
  ]);
});

test('the prefix may be empty', async () => {
  const blobs = memoryBlobs();
  blobs.put('Buyers/a.csv', 'EMail\n');
  await expect(flat(blobs, '').open(['Buyers'])).resolves.toMatchObject([
    { shards: [{ name: 'Buyers/a.csv' }] },
  ]);
});

test('only the start of the first file is fetched for its columns, and the stream is closed', async () => {
  for (const pack of [(content: string) => Buffer.from(content), gzipSync]) {
    const blobs = memoryBlobs({ pieceBytes: 1000 });
    const noise = Array.from({ length: 100_000 }, (_, row) => `${row},${Math.imul(row, 2654435761)}`).join(
      '\n',
    );
    blobs.put('ci/Buyers/a.csv', pack(`EMail,Name\n${noise}`));
    await flat(blobs).open(['Buyers']);
    expect(blobs.streams).toHaveLength(1);
    expect(blobs.streams[0]).toMatchObject({ destroyed: true, readableEnded: false });
  }
});

test('the pointer changes with the names and versions of the files, and only then', async () => {
  const blobs = buyers();
  const source = flat(blobs);
  const [opened] = await source.open(['Buyers']);
  const before = await source.pointer('Buyers');
  expect(before).toEqual({ pointer: opened!.pointer, changedAt: '2026-01-02T00:00:00.000Z' });
  expect(before.pointer).toMatch(/^[0-9a-f]{32}$/);
  blobs.put('ci/Buyers/notes.txt', 'y');
  await expect(source.pointer('Buyers')).resolves.toEqual(before);

  const seen = new Set([before.pointer]);
  blobs.put('ci/Buyers/b.csv', 'EMail\n');
  seen.add((await source.pointer('Buyers')).pointer);
  blobs.put('ci/Buyers/c.csv', 'EMail\n');
  seen.add((await source.pointer('Buyers')).pointer);
  blobs.remove('ci/Buyers/c.csv');
  blobs.remove('ci/Buyers/b.csv');
  seen.add((await source.pointer('Buyers')).pointer);
  expect(seen.size).toBe(4);
});

test('an unknown segment fails with the names that there are; a name never leads out of the prefix', async () => {
  const blobs = buyers();
  blobs.put('secret/a.csv', 'EMail\n');
  for (const name of ['Sellers', '../secret', 'Buyers/old', '']) {
    const failure = await failureOf(flat(blobs).open([name]));
    expect(failure).toMatchObject({ code: 'segment-unknown', segment: name, known: ['Buyers'] });
  }
});

test('a folder without CSV files has no exported data', async () => {
  const blobs = memoryBlobs();
  blobs.put('ci/Buyers/readme.md', 'x');
  for (const work of [flat(blobs).open(['Buyers']), flat(blobs).pointer('Buyers')]) {
    expect((await failureOf(work)).code).toBe('segment-without-data');
  }
});

test('the catalogue shows every folder, also those that cannot be read, with the reason', async () => {
  const blobs = buyers();
  blobs.put('ci/Docs/readme.md', 'x');
  blobs.put('ci/Headless/a.csv', 'someone@example.com,Ann\n', '2026-01-03T00:00:00.000Z');
  const pointer = expect.any(String) as string;
  expect(await flat(blobs).catalogue()).toEqual([
    { pointer, name: 'Buyers', shards: 2, columns: ['Name', 'EMail'], lastRefreshed: '2026-01-02T00:00:00.000Z', problem: undefined },
    { name: 'Docs', shards: 0, columns: [], lastRefreshed: undefined, problem: { code: 'segment-without-data', message: expect.any(String) as string } },
    { pointer, name: 'Headless', shards: 1, columns: [], lastRefreshed: '2026-01-03T00:00:00.000Z', problem: { code: 'header-wrong', message: expect.any(String) as string } },
  ]); // prettier-ignore
});

test.each([
  ['', 'the file is empty'],
  ['\ufeff\n', 'the file is empty'],
  ['someone@example.com,Ann\n', 'column 1 holds a value, not a name'],
  ['Name,by @Ann <someone@example.com>\n', 'column 2 holds a value, not a name'],
  ['4ab1c0f2e98d47b6a5c3d2e1f0a9b8c7,Ann\n', 'column 1 holds a value, not a name'],
  [Buffer.of(0x45, 0xff, 0x0a), 'it holds bytes that its encoding does not allow'],
  ['"EMail\nx\n', 'it opens quotes that are never closed'],
])(
  'a file that starts with %j has no header row, and the error repeats nothing of it',
  async (content, reason) => {
    const blobs = buyers();
    blobs.put('ci/Buyers/b.csv', content);
    const source = flat(blobs);
    const [segment] = await source.open(['Buyers']);
    const failure = await failureOf(source.read(segment!.shards[1]!, ['EMail'], collected()));
    expect(failure).toMatchObject({ code: 'header-wrong', segment: 'Buyers', shard: 'Buyers/b.csv' });
    expect(failure.message).toContain(reason);
    expect(failure.message).not.toContain('Ann');
  },
);

// Where the work grows with the square of the length it takes minutes.
test('a header cell of nothing but @ is a name like any other', async () => {
  const blobs = memoryBlobs({ pieceBytes: 65_536 });
  blobs.put('ci/Odd/a.csv', `EMail,x${'@'.repeat(900_000)}\na@b.c,y\n`);
  const source = flat(blobs);
  const [segment] = await source.open(['Odd']);
  const sink = collected();
  await source.read(segment!.shards[0]!, ['EMail'], sink);
  expect(sink.rows).toEqual([[1, ['a@b.c']]]);
});

test('a file that changes between listing and reading means: start over', async () => {
  const blobs = buyers();
  const source = flat(blobs);
  const [segment] = await source.open(['Buyers']);
  blobs.put('ci/Buyers/b.csv', 'EMail,Name\n');
  expect(await failureOf(source.read(segment!.shards[1]!, ['EMail'], collected()))).toBeInstanceOf(
    ShardChanged,
  );
});
