// A second, plain reader of CSV, which judges the fast one. It builds each value character by character, of text whose characters are bytes.
import { isUtf8 } from 'node:buffer';
import type { CsvDialect } from '../../shared/segments/segment';

interface Parsed {
  readonly values: string[];
  /** Index of the line break that ends the record, or of the end. */
  readonly stop: number;
  readonly isOpen: boolean;
}

function parseRecord(
  text: string,
  start: number,
  { delimiter, quotes, backslashEscapes }: CsvDialect,
): Parsed {
  const values: string[] = [];
  let value = '';
  let fieldStart = start;
  let quoted = false;
  let i = start;
  for (; i < text.length; i++) {
    const character = text[i]!;
    if (quoted) {
      const run = backslashEscapes ? /^(\\+)"/.exec(text.slice(i))?.[1]?.length : undefined;
      if (run !== undefined) {
        value += '\\'.repeat(Math.floor(run / 2));
        if (run % 2 === 1) value += '"';
        i += run % 2 === 1 ? run : run - 1;
      } else if (character !== '"') {
        value += character;
      } else if (text[i + 1] === '"') {
        value += '"';
        i += 1;
      } else {
        quoted = false;
      }
    } else if (
      character === '"' &&
      (quotes === 'always' || (quotes === 'after-delimiter' && i === fieldStart))
    ) {
      quoted = true;
    } else if (character === delimiter) {
      values.push(value);
      value = '';
      fieldStart = i + 1;
    } else if (character === '\n') {
      break;
    } else {
      value += character;
    }
  }
  if (!quoted && i > start && text[i - 1] === '\r') value = value.slice(0, -1);
  return { values: [...values, value], stop: i, isOpen: quoted };
}

/** What the reader should say of each row of `text` (of one byte a character), the picked columns in the order asked for. */
export function plainRows(
  content: Buffer,
  dialect: CsvDialect,
  { width, picks, longestRecord }: { width: number; picks: readonly number[]; longestRecord: number },
): (string[] | string)[] {
  const text = content.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const rows: (string[] | string)[] = [];
  let start = 0;
  while (start < text.length) {
    const { values, stop, isOpen } = parseRecord(text, start, dialect);
    const raw = text.slice(start, stop).replace(isOpen ? '' : /\r$/, '');
    if (isOpen || raw.length > longestRecord) {
      const begin = text.slice(start, start + longestRecord);
      const isOpenThere = parseRecord(begin, 0, dialect).isOpen;
      if (isOpenThere && (begin.includes('\n') || start + longestRecord >= text.length)) {
        rows.push('unclosed-quote');
        start = text.indexOf('\n', start) + 1 || text.length;
      } else {
        rows.push('too-long');
        start = text.indexOf('\n', start + longestRecord) + 1 || text.length;
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
