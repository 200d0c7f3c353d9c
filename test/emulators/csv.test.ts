// The CSV that the emulated import reads, held against a reader that knows nothing of it.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { readCsv } from './constant-contact/csv';

function read(text: string): { cells: string[]; line: number }[] {
  const records: { cells: string[]; line: number }[] = [];
  readCsv(text, (cells, line) => {
    records.push({ cells, line });
    return true;
  });
  return records;
}

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', ',', '"', '\n', '\r'), maxLength: 8 });
const write = (value: string, quote: boolean) =>
  quote || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

test('any table that is written by the rules is read as another reader reads it', () => {
  const table = fc.array(fc.array(fc.tuple(cell, fc.boolean()), { minLength: 2, maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, lineBreak, ends) => {
      const text =
        rows.map((row) => row.map(([value, quote]) => write(value, quote)).join(',')).join(lineBreak) +
        (ends ? lineBreak : '');
      const expected: string[][] = parse(text, { relax_column_count: true, record_delimiter: lineBreak });
      expect(read(text).map(({ cells }) => cells)).toEqual(expected);
    }),
  );
});

test('each record has the line on which it starts; blank lines are none', () => {
  expect(read('a,b\r\n"1\r\n2",x\r\n\r\ny,"z"')).toEqual([
    { cells: ['a', 'b'], line: 1 },
    { cells: ['1\r\n2', 'x'], line: 2 },
    { cells: ['y', 'z'], line: 5 },
  ]);
});

test('a quote that never closes swallows the rest, and reading can stop', () => {
  expect(read('a,"b\nc').map(({ cells }) => cells)).toEqual([['a', 'b\nc']]);
  const seen: string[][] = [];
  readCsv('1\n2\n3', (cells) => seen.push(cells) < 2);
  expect(seen).toEqual([['1'], ['2']]);
});
