// The record reader against a plain one, and against a library, over random bytes, dialects and chunk sizes.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { makeRecordReader } from '../../shared/segments/csv-records';
import type { CsvDialect } from '../../shared/segments/segment';
import { collected } from './collected';
import { plainRows } from './plain-csv';

/** Cuts bytes into chunks of these sizes, over and over. */
function* chunksOf(content: Buffer, sizes: readonly number[]) {
  for (let at = 0, turn = 0; at < content.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield Buffer.from(content.subarray(at, at + size));
    at += size;
  }
}

interface Case {
  readonly content: Buffer;
  readonly dialect: CsvDialect;
  readonly width: number;
  readonly picks: readonly number[];
  readonly longestRecord: number;
  readonly sizes: readonly number[];
  readonly gatherBytes: number;
}

function read({ content, dialect, width, picks, longestRecord, sizes, gatherBytes }: Case) {
  const sink = collected();
  const reader = makeRecordReader({
    dialect,
    text: 'utf-8',
    width,
    first: () => ({ width, picks, skipFirst: false }),
    sink,
    limits: { longestRecord, gatherBytes, mostUnclosedQuotes: 1_000_000 },
  });
  for (const chunk of chunksOf(content, sizes)) reader.push(chunk);
  reader.finish();
  return sink.rows;
}

const dialects = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|', 'x'),
  quotes: fc.constantFrom('always', 'after-delimiter', 'never'),
  backslashEscapes: fc.boolean(),
  header: fc.constant(false),
  encoding: fc.constant('utf-8'),
});
const shapes = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    picks: fc.array(fc.integer({ min: 0, max: width - 1 }), { maxLength: 5 }),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    gatherBytes: fc.integer({ min: 3, max: 60 }),
  }),
);

test('any bytes give the rows that a plain reader gives, whatever the dialect, the chunks and the longest record', () => {
  const pieces = (delimiter: string) =>
    fc.array(
      fc
        .constantFrom(
          'a',
          'bc',
          '"',
          '"',
          '""',
          '\n',
          '\r\n',
          '\r',
          '\\',
          '\\"',
          delimiter,
          delimiter,
          'é',
          '\u0000',
          ' ',
          '語',
        )
        .map(Buffer.from),
      { maxLength: 60 },
    );
  const broken = fc.tuple(fc.nat(200), fc.constantFrom(0xff, 0xc3, 0x80));
  fc.assert(
    fc.property(
      dialects.chain((dialect) => fc.tuple(fc.constant(dialect), pieces(dialect.delimiter))),
      shapes,
      fc.integer({ min: 1, max: 50 }),
      fc.option(broken),
      fc.boolean(),
      ([dialect, parts], shape, longestRecord, bad, bom) => {
        const content = Buffer.concat([Buffer.from(bom ? '\ufeff' : ''), ...parts]);
        if (bad && bad[0] < content.length) content[bad[0]] = bad[1];
        const given: Case = { content, dialect, longestRecord, ...shape };
        expect(read(given)).toEqual(plainRows(content, dialect, given).map((row, index) => [index + 1, row]));
      },
    ),
    { numRuns: 4000 },
  );
});

test('a well-formed table is read as a well-known library reads it', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'B', '"', ',', '\n', '\r', ' ', 'é', '😀', '\\'),
    maxLength: 8,
  });
  const tables = fc.integer({ min: 2, max: 5 }).chain((width) =>
    fc.record({
      width: fc.constant(width),
      table: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 12 }),
    }),
  );
  fc.assert(
    fc.property(
      tables,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom('always' as const, 'after-delimiter' as const),
      ({ width, table }, lineEnd, quoteAll, endsLast, size, quotes) => {
        const line = (cells: readonly string[]) =>
          cells
            .map((value) => (quoteAll || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
            .join(',');
        const text = table.map(line).join(lineEnd) + (endsLast ? lineEnd : '');
        const oracle = parse(text, {
          record_delimiter: lineEnd,
          relax_column_count: true,
          skip_empty_lines: true,
        });
        const rows = read({
          content: Buffer.from(text),
          dialect: { delimiter: ',', quotes, backslashEscapes: false, header: false, encoding: 'utf-8' },
          width,
          picks: Array.from({ length: width }, (_, index) => index),
          longestRecord: 1000,
          sizes: [size],
          gatherBytes: 16,
        });
        expect(rows.map(([, cells]) => cells)).toEqual(oracle);
      },
    ),
    { numRuns: 1000 },
  );
});
