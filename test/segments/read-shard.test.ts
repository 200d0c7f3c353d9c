// One shard, from its bytes to its rows: header, columns, encodings, gzip, and changes under the read.
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { BlobChanged, type BlobReader } from '../../shared/platform/blobs';
import { ShardChanged, SegmentFault } from '../../shared/segments/errors';
import { readShard } from '../../shared/segments/read-shard';
import type { CsvDialect, Shard } from '../../shared/segments/segment';
import { collected } from './collected';
import { memoryBlobs } from './memory-blobs';
import { failureOf } from './model';

const columns = ['CustomerId', 'EMail', 'FirstName'];

function shardOf(bytes: number, dialect: Partial<CsvDialect> = {}, rest: Partial<Shard> = {}): Shard {
  const base = {
    delimiter: ',',
    quotes: 'always',
    backslashEscapes: false,
    header: false,
    encoding: 'utf-8',
  } as const;
  return {
    segment: 'Buyers',
    name: 'B/1.csv',
    blob: 'B/1.csv',
    etag: '"0x1"',
    bytes,
    columns,
    dialect: { ...base, ...dialect },
    ...rest,
  };
}

interface Reading {
  readonly dialect?: Partial<CsvDialect>;
  readonly rest?: Partial<Shard>;
  readonly asked?: readonly string[];
  readonly pieceBytes?: number;
}

async function rowsOf(
  content: Uint8Array | string,
  { dialect, rest, asked = ['EMail'], pieceBytes = 7 }: Reading = {},
) {
  const blobs = memoryBlobs({ pieceBytes });
  blobs.put('B/1.csv', content);
  const sink = collected();
  await readShard(blobs, shardOf(Buffer.from(content).length, dialect, rest), asked, sink);
  return sink.rows;
}

describe('the header', () => {
  const header = 'CustomerId,EMail,FirstName\n';
  const row = '1,a@b.c,Ann\n';

  test('is left out when the model says that there is one', async () => {
    expect(await rowsOf(header + row, { dialect: { header: true } })).toEqual([[1, ['a@b.c']]]);
  });

  test('is left out also when the model says nothing of it, whatever its case and spaces', async () => {
    expect(await rowsOf(`customerid, "EMAIL" ,firstname\r\n${row}`)).toEqual([[1, ['a@b.c']]]);
  });

  test('is not there when the model does not say so and the first record is data', async () => {
    expect(await rowsOf(row + row)).toEqual([
      [1, ['a@b.c']],
      [2, ['a@b.c']],
    ]);
  });

  test('a first row that is malformed is a row like others, where no header is said to be', async () => {
    expect(await rowsOf(`x\n${row}`)).toEqual([
      [1, 'wrong-width'],
      [2, ['a@b.c']],
    ]);
    expect(
      await rowsOf(Buffer.concat([Buffer.from('1,2,'), Buffer.of(0xff, 0x0a), Buffer.from(row)])),
    ).toEqual([
      [1, 'bad-encoding'],
      [2, ['a@b.c']],
    ]);
  });

  test.each<[string, boolean, Uint8Array | string, string]>([
    ['data', true, row, 'column 1 should be "CustomerId"'],
    ['another name', true, 'CustomerId,Mail,FirstName\n', 'column 2 should be "EMail"'],
    ['another width', true, 'CustomerId,EMail\n', 'it has 2 columns, and model.json has 3'],
    [
      'another order',
      true,
      'EMail,CustomerId,FirstName\n',
      'its columns are in another order than those of model.json',
    ],
    [
      'another order',
      false,
      'EMail,CustomerId,FirstName\n',
      'its columns are in another order than those of model.json',
    ],
    ['another encoding', true, Buffer.of(0xff, 0x0a), 'it holds bytes that its encoding does not allow'],
    ['open quotes', true, '"CustomerId\n', 'it opens quotes that are never closed'],
    ['too much', true, 'x'.repeat(1_100_000), 'it is longer than 1 MB'],
  ])(
    'that is %s, with columnHeaders %j, fails clearly, and the error repeats nothing of the row',
    async (_what, header, content, reason) => {
      const failure = await failureOf(rowsOf(content, { dialect: { header }, pieceBytes: 100_000 }));
      expect(failure).toMatchObject({ code: 'header-wrong', segment: 'Buyers', shard: 'B/1.csv' });
      expect(failure.message).toContain(
        `The first row of "B/1.csv" of segment "Buyers" is not the header that it should be: ${reason}`,
      );
      expect(failure.message).not.toContain('a@b.c');
    },
  );

  test('an empty file has no rows, with or without one', async () => {
    expect(await rowsOf('', { dialect: { header: true } })).toEqual([]);
    expect(await rowsOf('')).toEqual([]);
    expect(await rowsOf(header.trimEnd(), { dialect: { header: true } })).toEqual([]);
  });
});

describe('columns', () => {
  test('are found by the exact name, else by the only one that differs by case', async () => {
    const rest = { columns: ['email', 'EMail', 'NAME'] };
    expect(await rowsOf('1,2,3\n', { rest, asked: ['EMail', 'Name', 'email'] })).toEqual([
      [1, ['2', '3', '1']],
    ]);
  });

  test('that are missing are all named, with those that there are', async () => {
    const failure = await failureOf(rowsOf('1,2,3\n', { asked: ['Mail', 'EMail', 'Phone'] }));
    expect(failure).toMatchObject({
      code: 'column-missing',
      segment: 'Buyers',
      shard: 'B/1.csv',
      columns: ['Mail', 'Phone'],
      available: columns,
    });
    expect(failure.message).toBe(
      '"B/1.csv" of segment "Buyers" lacks the columns "Mail", "Phone". Change the mapping; there are: "CustomerId", "EMail", "FirstName".',
    );
  });

  test('of one name are ambiguous when one of them is asked for, and do not matter otherwise', async () => {
    const rest = { columns: ['EMail', 'Name', 'Name'] };
    expect((await failureOf(rowsOf('1,2,3\n', { rest, asked: ['Name'] }))).code).toBe('column-ambiguous');
    expect(
      (await failureOf(rowsOf('1,2,3\n', { rest: { columns: ['x', 'NAME', 'Name'] }, asked: ['name'] })))
        .code,
    ).toBe('column-ambiguous');
    expect(await rowsOf('1,2,3\n', { rest })).toEqual([[1, ['1']]]);
  });

  test('none need be asked for: the rows are counted all the same', async () => {
    expect(await rowsOf('1,2,3\n4\n', { asked: [] })).toEqual([
      [1, []],
      [2, 'wrong-width'],
    ]);
  });
});

describe('gzip', () => {
  const content = 'CustomerId,EMail,FirstName\n1,é@b.c,Ann\n';

  test.each([1, 2, 1000])('is known by its first bytes, in pieces of %i', async (pieceBytes) => {
    expect(await rowsOf(gzipSync(content), { pieceBytes })).toEqual([[1, ['é@b.c']]]);
  });

  test('of several members is one file', async () => {
    expect(await rowsOf(Buffer.concat([gzipSync(content), gzipSync('2,x,y\n')]))).toEqual([
      [1, ['é@b.c']],
      [2, ['x']],
    ]);
  });

  test('may be filled up with zeros, wherever it is cut', async () => {
    const packed = gzipSync(content);
    for (const padding of [1, 512, 70_000]) {
      const padded = Buffer.concat([packed, Buffer.alloc(padding)]);
      for (const pieceBytes of [
        1,
        7,
        packed.length - 5,
        packed.length - 1,
        packed.length,
        packed.length + 1,
        65_536,
      ]) {
        if (padding / pieceBytes > 10_000) continue;
        expect(await rowsOf(padded, { pieceBytes })).toEqual([[1, ['é@b.c']]]);
      }
    }
    // The packed data may end in zeros of its own.
    expect(await rowsOf(Buffer.concat([gzipSync(''), Buffer.alloc(512)]), { pieceBytes: 1 })).toEqual([]);
  });

  test.each([
    ['text', Buffer.from('1,x@y.z,Bo\n'), 'it is a damaged or incomplete gzip file'],
    ['one byte', Buffer.of(0x1f), 'it is a damaged or incomplete gzip file'],
    ['text behind zeros', Buffer.from('\0\0x'), 'other bytes follow its gzip data'],
    [
      'gzip behind zeros',
      Buffer.concat([Buffer.alloc(512), gzipSync('1,x@y.z,Bo\n')]),
      'other bytes follow its gzip data',
    ],
  ])('with %s behind it fails, wherever it is cut', async (_what, rest, reason) => {
    const packed = gzipSync(content);
    for (const pieceBytes of [1, 7, packed.length - 5, packed.length, packed.length + 1, 65_536]) {
      const failure = await failureOf(rowsOf(Buffer.concat([packed, rest]), { pieceBytes }));
      expect(failure).toMatchObject({ code: 'shard-unreadable', segment: 'Buyers', shard: 'B/1.csv' });
      expect(failure.message).toContain(reason);
    }
  });

  test('that is cut off or damaged fails, naming the file', async () => {
    const packed = gzipSync(content.repeat(1000));
    const damaged = Buffer.from(packed);
    damaged[20]! ^= 0xff;
    for (const bad of [packed.subarray(0, -5), damaged]) {
      const failure = await failureOf(rowsOf(bad));
      expect(failure).toMatchObject({ code: 'shard-unreadable', segment: 'Buyers', shard: 'B/1.csv' });
      expect(failure.message).toContain('it is a damaged or incomplete gzip file');
    }
  });
});

describe('encodings', () => {
  const text = 'CustomerId,EMail,FirstName\r\n1,a@b.c,José “€”\r\n2,d@e.f,x\r\n';
  const asked = ['FirstName'];
  const rows = [
    [1, ['José “€”']],
    [2, ['x']],
  ];
  const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();

  test.each([
    [
      'windows-1252',
      Buffer.from(text.replaceAll('“', '\x93').replaceAll('”', '\x94').replaceAll('€', '\x80'), 'latin1'),
    ],
    ['utf-16le', Buffer.from(text, 'utf16le')],
    ['utf-16le', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['utf-16be', swapped(Buffer.from(text, 'utf16le'))],
    ['utf-16le', swapped(Buffer.from(`\ufeff${text}`, 'utf16le'))],
    ['utf-16le', Buffer.from(`\ufeff${text}`)],
    ['utf-8', Buffer.from(`\ufeff${text}`)],
  ])('%s is read, however it is cut', async (encoding, content) => {
    for (const pieceBytes of [1, 3, 1000]) {
      expect(await rowsOf(content, { dialect: { encoding, header: true }, asked, pieceBytes })).toEqual(rows);
      expect(
        await rowsOf(gzipSync(content), { dialect: { encoding, header: true }, asked, pieceBytes }),
      ).toEqual(rows);
    }
  });

  test('bytes that the encoding does not allow spoil their own row only', async () => {
    const content = Buffer.concat([
      Buffer.from('1,2,'),
      Buffer.of(0x83, 0x4a, 0x0a),
      Buffer.from('1,2,'),
      Buffer.of(0x80, 0x0a),
      Buffer.from('1,2,x\n'),
    ]);
    expect(await rowsOf(content, { dialect: { encoding: 'shift_jis' }, asked })).toEqual([
      [1, ['カ']],
      [2, 'bad-encoding'],
      [3, ['x']],
    ]);
    // UTF-8 by its byte order mark, whatever is declared.
    const marked = Buffer.concat([
      Buffer.from('\ufeff1,2,J'),
      Buffer.of(0xc3, 0x28, 0x80),
      Buffer.from('\n1,2,é\n'),
    ]);
    for (const encoding of ['windows-1252', 'utf-16le', 'utf-8']) {
      expect(await rowsOf(marked, { dialect: { encoding }, asked })).toEqual([
        [1, 'bad-encoding'],
        [2, ['é']],
      ]);
    }
    expect(await rowsOf('1,2,é\n1,2,e\n', { dialect: { encoding: 'us-ascii' }, asked })).toEqual([
      [1, 'bad-encoding'],
      [2, ['e']],
    ]);
  });

  test.each([
    Buffer.from(`\ufeff${text}`, 'utf16le'),
    swapped(Buffer.from(`\ufeff${text}`, 'utf16le')),
    Buffer.from(text, 'utf16le'),
    swapped(Buffer.from(text, 'utf16le')),
  ])('UTF-16 that is said to be UTF-8 fails clearly (%#)', async (content) => {
    const failure = await failureOf(rowsOf(content, { dialect: { header: true } }));
    expect(failure).toMatchObject({ code: 'encoding-wrong', segment: 'Buyers', shard: 'B/1.csv' });
    expect(failure.message).toContain('should be in utf-8, but it is in UTF-16');
  });
});

describe('changes under the read', () => {
  const content = 'CustomerId,EMail,FirstName\n1,a@b.c,Ann\n';

  /** Blobs whose stream gives `parts` and then fails. */
  const breaking = (parts: readonly (string | Uint8Array)[], error: Error): BlobReader => ({
    ...memoryBlobs(),
    stream: () =>
      Promise.resolve(
        Readable.from(
          (function* () {
            for (const part of parts) yield Buffer.from(part);
            throw error;
          })(),
        ),
      ),
  });

  test.each([
    ['another version', new BlobChanged('B/1.csv')],
    [
      'another version, told by the storage client',
      Object.assign(new Error('precondition'), { statusCode: 412 }),
    ],
    ['none any more', Object.assign(new Error('not found'), { statusCode: 404 })],
  ])('a blob of which there is %s in mid-stream means: start over', async (_what, error) => {
    const failure = await failureOf(
      readShard(breaking([content], error), shardOf(1000), ['EMail'], collected()),
    );
    expect(failure).toBeInstanceOf(ShardChanged);
    expect(failure).not.toBeInstanceOf(SegmentFault);
    expect(failure).toMatchObject({ segment: 'Buyers', shard: 'B/1.csv', cause: error });
  });

  test('a gzip stream that breaks off because of a change is no damaged file', async () => {
    const packed = gzipSync(
      Buffer.from(Array.from({ length: 5000 }, (_, index) => `${Math.imul(index, 2654435761)}`).join()),
    );
    const blobs = breaking([packed.subarray(0, packed.length / 2)], new BlobChanged('B/1.csv'));
    expect(await failureOf(readShard(blobs, shardOf(packed.length), ['EMail'], collected()))).toBeInstanceOf(
      ShardChanged,
    );
  });

  test.each([-1, 1])('%i byte more or less than was listed means: start over', async (difference) => {
    const rest = { bytes: content.length + difference };
    expect(await failureOf(rowsOf(content, { rest }))).toBeInstanceOf(ShardChanged);
  });

  test('a network fault stays what it is, so that another try is made', async () => {
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    expect(
      await failureOf(readShard(breaking([content], reset), shardOf(1000), ['EMail'], collected())),
    ).toBe(reset);
  });
});

test('quotes that are opened over and over fail the shard with a hint at the dialect', async () => {
  const failure = await failureOf(
    rowsOf('\\"\n'.repeat(400_000), {
      dialect: { backslashEscapes: true },
      rest: { columns: ['EMail', 'x'] },
      pieceBytes: 65_536,
    }),
  );
  expect(failure).toMatchObject({ code: 'shard-unreadable' });
  expect(failure.message).toContain('more than 100 of its rows open quotes that are never closed');
});

test('the sink is asked to write out what has piled up between chunks, and an error of it ends the read and closes the stream', async () => {
  const blobs = memoryBlobs({ pieceBytes: 1000 });
  const content = '1,a@b.c,Ann\n'.repeat(100_000);
  blobs.put('B/1.csv', content);
  const sink = collected();
  await readShard(blobs, shardOf(content.length), ['EMail'], sink);
  expect(sink.drains).toBeGreaterThan(content.length / 1000);

  const full = new Error('disk full');
  const failing = { ...collected(), drain: () => Promise.reject(full) };
  expect(await failureOf(readShard(blobs, shardOf(content.length), ['EMail'], failing))).toBe(full);
  const throwing = {
    ...collected(),
    record: () => {
      throw full;
    },
  };
  expect(await failureOf(readShard(blobs, shardOf(content.length), ['EMail'], throwing))).toBe(full);
  expect(blobs.streams.slice(1)).toMatchObject([{ destroyed: true }, { destroyed: true }]);
});
