// What becomes of a shard's bytes: the cases that people meet, and those that somebody builds to do harm.
import { makeRecordReader, recordLimits } from '../../shared/segments/csv-records';
import type { CsvDialect } from '../../shared/segments/segment';
import { collected } from './collected';

const rfc4180: CsvDialect = {
  delimiter: ',',
  quotes: 'always',
  backslashEscapes: false,
  header: false,
  encoding: 'utf-8',
};

/** Rows of `content`, all columns; several parts are pushed one after another. */
function rowsOf(
  content: string | readonly (string | Buffer)[],
  width: number,
  dialect: Partial<CsvDialect> = {},
) {
  const sink = collected();
  const picks = Array.from({ length: width }, (_, index) => index);
  const first = () => ({ width, picks, skipFirst: false });
  const reader = makeRecordReader({ dialect: { ...rfc4180, ...dialect }, text: 'utf-8', width, first, sink });
  for (const part of typeof content === 'string' ? [content] : content) reader.push(Buffer.from(part));
  reader.finish();
  return sink.rows;
}
const cellsOf = (...given: Parameters<typeof rowsOf>) => rowsOf(...given).map(([, cells]) => cells);

describe('well-formed files', () => {
  test('doubled quotes, delimiters and line breaks in quotes are data', () => {
    expect(cellsOf('"a ""b""","c,d"\n"e\r\nf","g\nh"\n', 2)).toEqual([
      ['a "b"', 'c,d'],
      ['e\r\nf', 'g\nh'],
    ]);
  });

  test('LF and CRLF end a line, also in one file, and the last line needs neither', () => {
    expect(cellsOf('a,b\r\nc,"d"\n"e","f"\r\ng,h', 2)).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g', 'h']]); // prettier-ignore
  });

  test('a byte order mark is no data, also when it comes byte by byte', () => {
    expect(cellsOf('\ufeffa,b\n', 2)).toEqual([['a', 'b']]);
    expect(
      cellsOf(
        [...Buffer.from('\ufeff"a",b\n')].map((byte) => Buffer.of(byte)),
        2,
      ),
    ).toEqual([['a', 'b']]);
  });

  test('empty cells are empty, quoted or not', () => {
    expect(cellsOf(',"",\n,,\n', 3)).toEqual([
      ['', '', ''],
      ['', '', ''],
    ]);
  });

  test('NUL bytes are data', () => {
    expect(cellsOf('a\0b,\0\n', 2)).toEqual([['a\0b', '\0']]);
  });

  test('only the columns asked for are handed over, in the order asked for, one of them twice', () => {
    const sink = collected();
    const first = () => ({ width: 4, picks: [3, 1, 3], skipFirst: false });
    const reader = makeRecordReader({ dialect: rfc4180, text: 'utf-8', width: 4, first, sink });
    reader.push(Buffer.from('a,b,c,"d""d"\n1,2,3,4\n'));
    reader.finish();
    expect(sink.rows).toEqual([
      [1, ['d"d', 'b', 'd"d']],
      [2, ['4', '2', '4']],
    ]);
  });

  test('a file of 10,000 columns is read like any other', () => {
    const cells = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
    expect(cellsOf(`${cells.join(',')}\n"${cells.join('","')}"\n`, 10_000)).toEqual([cells, cells]);
  });

  test('a record that spans many chunks is one record', () => {
    const long = 'x'.repeat(300_000);
    const parts = `a,"${long}\n${long}",c\n1,2,3\n`.match(/[^]{1,1000}/g)!;
    expect(cellsOf(parts, 3)).toEqual([
      ['a', `${long}\n${long}`, 'c'],
      ['1', '2', '3'],
    ]);
  });
});

describe('blank lines', () => {
  test('between rows of several columns they are no rows, and are not counted', () => {
    expect(rowsOf('a,b\n\n\r\nc,d\n\n', 2)).toEqual([
      [1, ['a', 'b']],
      [2, ['c', 'd']],
    ]);
  });

  test('in a file of one column each is a row with an empty value, and the last line break starts no row', () => {
    expect(rowsOf('a\n\nb\n', 1)).toEqual([
      [1, ['a']],
      [2, ['']],
      [3, ['b']],
    ]);
  });
});

describe('dialects', () => {
  test('"always": a quote anywhere in a field quotes', () => {
    expect(cellsOf('a"b,c"d,e\n', 2)).toEqual([['ab,cd', 'e']]);
  });

  test('"after-delimiter": a quote inside of a field is a character', () => {
    expect(cellsOf('5" pipe,"6"" pipe"\n7"",x"y"z\n', 2, { quotes: 'after-delimiter' })).toEqual([
      ['5" pipe', '6" pipe'],
      ['7""', 'x"y"z'],
    ]);
  });

  test('"never": quotes mean nothing at all', () => {
    expect(cellsOf('"a,b"\n"c\n', 2, { quotes: 'never' })).toEqual([['"a', 'b"'], 'wrong-width']);
  });

  test('a backslash is a character, unless the dialect makes it an escape', () => {
    expect(cellsOf('"C:\\",b\n', 2)).toEqual([['C:\\', 'b']]);
    expect(cellsOf('"a \\"b\\", c",d\n"C:\\\\",\\"e"\n', 2, { backslashEscapes: true })).toEqual([
      ['a "b", c', 'd'],
      ['C:\\', '\\e'],
    ]);
  });

  test.each([';', '\t', '|', '\u0001', 'x'])('columns can be separated by %j', (delimiter) => {
    const line = (cells: readonly string[]) => `${cells.join(delimiter)}\n`;
    expect(cellsOf(line(['a,b', `"c${delimiter}d"`, '12:00 -9']), 3, { delimiter })).toEqual([
      ['a,b', `c${delimiter}d`, '12:00 -9'],
    ]);
  });
});

describe('malformed rows', () => {
  test('a row of the wrong width is rejected with its number, and the others are read', () => {
    expect(rowsOf('a,b\nc\nd,e,f\ng,h\n', 2)).toEqual([
      [1, ['a', 'b']],
      [2, 'wrong-width'],
      [3, 'wrong-width'],
      [4, ['g', 'h']],
    ]);
  });

  test('bytes that are not UTF-8 spoil their own row only, also in a column that nobody asked for', () => {
    const content = ['é,ü\n', Buffer.of(0xff), ',b\nc,', Buffer.of(0xc3), '\nd,e\n'];
    expect(cellsOf(content, 2)).toEqual([['é', 'ü'], 'bad-encoding', 'bad-encoding', ['d', 'e']]);
  });

  test('a record of 1,000,000 bytes is read, one of a byte more is rejected, whatever its line end', () => {
    const fits = 'x'.repeat(recordLimits.longestRecord - 2);
    for (const lineEnd of ['\n', '\r\n']) {
      expect(cellsOf([`${fits},y${lineEnd}`, `${fits},yz${lineEnd}`, `1,2${lineEnd}`], 2)).toEqual([
        [fits, 'y'],
        'too-long',
        ['1', '2'],
      ]);
    }
  });

  test('a field of 5 MB costs its own row', () => {
    const long = 'x'.repeat(5_000_000);
    expect(rowsOf(['a,b\n', long, ',b\nc,d\n'], 2)).toEqual([
      [1, ['a', 'b']],
      [2, 'too-long'],
      [3, ['c', 'd']],
    ]);
    expect(cellsOf(['a,"', long, '"\nc,d\n'], 2)).toEqual(['too-long', ['c', 'd']]);
  });

  test('quotes that are never closed cost their own row, not the rest of the file', () => {
    const rest = Array.from({ length: 100_000 }, (_, index) => `name ${index},value ${index}`);
    const rows = rowsOf(`a,b\nc,"d\n${rest.join('\n')}\n`, 2);
    expect(rows).toHaveLength(rest.length + 2);
    expect(rows.slice(0, 3)).toEqual([
      [1, ['a', 'b']],
      [2, 'unclosed-quote'],
      [3, ['name 0', 'value 0']],
    ]);
    expect(rows.at(-1)).toEqual([100_002, ['name 99999', 'value 99999']]);
  });

  describe('quotes that go over a line end and are not those of a whole field cost their own row, and nobody else', () => {
    const good = Array.from({ length: 1_000 }, (_, index) => [`p${index}@x.com`, 'Bob', 'Rome']);
    const lines = (quote: string) => good.map((cells) => cells.map((cell) => quote + cell + quote).join(','));
    const rejected = (...places: readonly number[]) => {
      const rows = good.map((cells, index) => [index + 1, cells] as [number, string | string[]]);
      for (const place of places) rows.splice(place, 0, [0, 'unclosed-quote']);
      return rows.map(([, cells], index) => [index + 1, cells]);
    };

    test('in two rows of one column, all else quoted', () => {
      const content = ['"a@x.com","5" pipe","Rome"', ...lines('"'), '"z@x.com","6" pipe","Rome"', ''];
      expect(rowsOf(content.join('\n'), 3)).toEqual(rejected(0, 1001));
      expect(rowsOf(content.join('\r\n'), 3)).toEqual(rejected(0, 1001));
    });

    test('in two rows of one column, nothing quoted', () => {
      const content = ['a@x.com,5" pipe,Rome', ...lines(''), 'z@x.com,6" pipe,Rome', ''].join('\n');
      expect(rowsOf(content, 3)).toEqual(rejected(0, 1001));
    });

    test.each(['always', 'after-delimiter'] as const)('in a value that opens them, with %j', (quotes) => {
      const content = ['a@x.com,"Nick,Rome', ...lines(''), 'z@x.com,"Carl",Rome', ''].join('\n');
      expect(rowsOf(content, 3, { quotes })).toEqual([...rejected(0), [1002, ['z@x.com', 'Carl', 'Rome']]]);
      const last = ['a@x.com,Rome,"Nick', ...lines(''), 'z@x.com,Rome,"Carl"', ''].join('\n');
      expect(rowsOf(last, 3, { quotes })).toEqual([...rejected(0), [1002, ['z@x.com', 'Rome', 'Carl']]]);
    });

    test('at the top of a long file that is quoted, however long that row is', () => {
      const rest = Array.from({ length: 40_000 }, (_, index) => `"p${index}@x.com","Bob","Rome"\n`);
      for (const padding of [0, 5, 10, 15, 20]) {
        const rows = rowsOf([`"a@x.com","5" pipe${'x'.repeat(padding)}","Rome"\n`, ...rest], 3);
        expect(rows).toHaveLength(40_001);
        expect(rows.filter(([, cells]) => typeof cells === 'string')).toEqual([[1, 'unclosed-quote']]);
      }
    });

    test('behind quotes in the same record that rightly hold line breaks: these are no rows', () => {
      expect(rowsOf('"a\nz@x.com,b","5" c"\nd,e\nf,"g\nh" i\n', 2)).toEqual([
        [1, 'unclosed-quote'],
        [2, ['d', 'e']],
        [3, 'unclosed-quote'],
        [4, 'unclosed-quote'],
      ]);
    });
  });

  test('a few such rows among many are rejected, however many they are', () => {
    const content = Array.from({ length: 10_000 }, (_, index) => (index % 25 === 0 ? 'a,5" b\n' : 'c,d\n'));
    const rows = rowsOf(content, 2);
    expect(rows).toHaveLength(10_000);
    expect(rows.filter(([, cells]) => cells === 'unclosed-quote')).toHaveLength(400);
  });

  test('quotes that the end of the file leaves open cost their own row', () => {
    expect(cellsOf('a,b\nc,"d\ne,f\n', 2)).toEqual([['a', 'b'], 'unclosed-quote', ['e', 'f']]);
    expect(cellsOf('a,b\nc,"d', 2)).toEqual([['a', 'b'], 'unclosed-quote']);
  });

  test('a file that does nothing but open quotes is given up after a while, not searched for hours', () => {
    const first = () => ({ width: 2, picks: [0], skipFirst: false });
    const limits = { ...recordLimits, mostUnclosedQuotes: 20 };
    const dialect = { ...rfc4180, backslashEscapes: true };
    const reader = makeRecordReader({ dialect, text: 'utf-8', width: 2, first, sink: collected(), limits });
    const lines = Buffer.from('\\"\n'.repeat(500_000));
    expect(() => reader.push(lines)).toThrow('more than 20 rows open a quote that is never closed');
  });
});

// Each of them takes minutes where the work grows with the square of the length.
describe('long runs of one character', () => {
  test('of backslashes are text, and before a quote each two of them stand for one', () => {
    const run = '\\'.repeat(300_000);
    const content = [`"${run}x","${run}y""z"\n`, `"${run}","b"\n`];
    expect(cellsOf(content, 2, { backslashEscapes: true })).toEqual([
      [`${run}x`, `${run}y"z`],
      [run.slice(150_000), 'b'],
    ]);
  });
});

describe('the first record', () => {
  test('is shown as cells before anything is handed over, and left out when it is a header', () => {
    const sink = collected();
    const seen: unknown[] = [];
    const first = (cells: unknown) => {
      seen.push(cells);
      return { width: 2, picks: [1], skipFirst: true };
    };
    const reader = makeRecordReader({ dialect: rfc4180, text: 'utf-8', width: undefined, first, sink });
    reader.push(Buffer.from('\n"Na""me",EMail\r\na,b\n'));
    expect(reader.finish()).toBe(true);
    expect(seen).toEqual([['Na"me', 'EMail']]);
    expect(sink.rows).toEqual([[1, ['b']]]);
  });

  test('is never asked for in an empty file', () => {
    const first = jest.fn();
    const reader = makeRecordReader({
      dialect: rfc4180,
      text: 'utf-8',
      width: undefined,
      first,
      sink: collected(),
    });
    reader.push(Buffer.from('\ufeff\n\n'));
    expect(reader.finish()).toBe(false);
    expect(first).not.toHaveBeenCalled();
  });
});
