// A second, plain reader of CSV, which judges the fast one. It takes whole fields and quoted parts with regular expressions, of text whose
// characters are bytes.
import { isUtf8 } from 'node:buffer';
import type { CsvDialect } from '../../shared/segments/segment';

interface Parsed {
  readonly values: string[];
  /** Index of the line break that ends the record, or of the end; of a stray quote or the line break that shows it. */
  readonly stop: number;
  /** Why it is no record: quotes that go over a line end are not those of a whole field, or never close. */
  readonly fault?: 'stray' | 'open';
  /** Of the last quotes: the index of the first one. */
  readonly opened: number;
}

const inRegExp = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** What can stand between quotes. A backslash means something only before a quote, and then in pairs. */
const quotedText = ({ backslashEscapes }: CsvDialect) =>
  backslashEscapes
    ? String.raw`(?:[^"\\]|""|(?:\\\\)*\\"|(?:\\\\)+(?=")|\\+(?![\\"]))*`
    : String.raw`(?:[^"]|"")*`;

/** @param text up to the closing quote. */
const unquoted = (text: string, { backslashEscapes }: CsvDialect) =>
  backslashEscapes
    ? text.replace(/(\\+)("|$)|""/g, (_, run: string | undefined, quote: string | undefined) =>
        run === undefined ? '"' : '\\'.repeat(run.length / 2) + (run.length % 2 === 1 ? (quote ?? '') : ''),
      )
    : text.replaceAll('""', '"');

function patternsOf(dialect: CsvDialect) {
  const delimiter = inRegExp(dialect.delimiter);
  const text = quotedText(dialect);
  return {
    wholeField: new RegExp(`"(${text})"(?=${delimiter}|\\r?\\n|\\r?$)`, 'y'),
    quotedPart: new RegExp(`"(${text})("|$)`, 'y'),
    plainPart: new RegExp(`[^${dialect.quotes === 'always' ? '"' : ''}\\n${delimiter}]*`, 'y'),
  };
}

function parseRecord(
  text: string,
  start: number,
  dialect: CsvDialect,
  { wholeField, quotedPart, plainPart } = patternsOf(dialect),
): Parsed {
  let at = start;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found;
  };

  const values: string[] = [];
  let opened = -1;
  for (;;) {
    let value = '';
    const fieldStart = at;
    const mayQuote = () =>
      text[at] === '"' &&
      (dialect.quotes === 'always' || (dialect.quotes === 'after-delimiter' && at === fieldStart));
    if (mayQuote()) opened = at;
    const whole = mayQuote() ? take(wholeField) : null;
    if (whole) {
      value = unquoted(whole[1]!, dialect);
    } else {
      while (at < text.length && text[at] !== '\n' && text[at] !== dialect.delimiter) {
        if (!mayQuote()) {
          value += take(plainPart)![0];
          continue;
        }
        opened = at;
        const [, inside, close] = take(quotedPart)!;
        const lineBreak = inside!.indexOf('\n');
        if (lineBreak !== -1 && opened !== fieldStart) {
          return { values, stop: opened + 1 + lineBreak, fault: 'stray', opened };
        }
        if (close === '') return { values, stop: text.length, fault: 'open', opened };
        if (lineBreak !== -1) return { values, stop: at - 1, fault: 'stray', opened };
        value += unquoted(inside!, dialect);
      }
    }
    // A CR before the line end is part of it.
    const isLast = at >= text.length || text[at] === '\n';
    if (isLast && text[at - 1] === '\r' && !whole) value = value.slice(0, -1);
    values.push(value);
    if (isLast || text[at] === '\r') return { values, stop: text[at] === '\r' ? at + 1 : at, opened };
    at += 1;
  }
}

/** What the reader should say of each row of `text` (of one byte a character), the picked columns in the order asked for. */
export function plainRows(
  content: Buffer,
  dialect: CsvDialect,
  { width, picks, longestRecord }: { width: number; picks: readonly number[]; longestRecord: number },
): (string[] | string)[] {
  const text = content.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const rows: (string[] | string)[] = [];
  const behindLine = (from: number) => text.indexOf('\n', from) + 1 || text.length;
  const patterns = patternsOf(dialect);
  let start = 0;
  while (start < text.length) {
    const { values, stop, fault, opened } = parseRecord(text, start, dialect, patterns);
    const limit = start + longestRecord;
    if (fault && (fault === 'open' ? text.length <= limit : stop < limit)) {
      rows.push('unclosed-quote');
      start = behindLine(opened);
      continue;
    }
    const raw = text.slice(start, stop).replace(fault ? '' : /\r$/, '');
    if (fault || raw.length > longestRecord) {
      const begin = text.slice(start, limit);
      if (parseRecord(begin, 0, dialect).fault === 'open' && begin.includes('\n')) {
        rows.push('unclosed-quote');
        start = behindLine(start);
      } else {
        rows.push('too-long');
        start = behindLine(limit);
      }
      continue;
    }
    const isBlank = raw === '' && (width > 1 || stop === text.length);
    if (!isBlank) {
      if (values.length !== width) rows.push('wrong-width');
      else if (!isUtf8(Buffer.from(raw, 'latin1'))) rows.push('bad-encoding');
      else rows.push(picks.map((pick) => Buffer.from(values[pick]!, 'latin1').toString('utf8')));
    }
    start = stop + 1;
  }
  return rows;
}
