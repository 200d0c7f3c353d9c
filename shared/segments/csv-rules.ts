// The characters of one CSV dialect, and what quotes mean in a field. Shared by the record reader and by what looks at single fields.
import { isAscii, isUtf8 } from 'node:buffer';
import type { CsvDialect } from './segment';

export const LF = 0x0a;
export const CR = 0x0d;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

export interface CsvRules {
  readonly delimiter: number;
  /** `LF` where quotes mean nothing, so that no byte is taken for one. */
  readonly quote: number;
  /** Whether only a field's first character can open quotes. */
  readonly quoteOpensFirstOnly: boolean;
  /** `QUOTE` where there is no other escape. */
  readonly escape: number;
}

export function rulesOf({ delimiter, quotes, backslashEscapes }: CsvDialect): CsvRules {
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: quotes === 'never' ? LF : QUOTE,
    quoteOpensFirstOnly: quotes === 'after-delimiter',
    escape: backslashEscapes ? BACKSLASH : QUOTE,
  };
}

/** How many backslashes start at `at`. Look once at each run of them: a cell may hold nothing else. */
export function backslashesAt(bytes: Uint8Array, at: number, end: number): number {
  let stop = at;
  while (stop < end && bytes[stop] === BACKSLASH) stop++;
  return stop - at;
}

/**
 * Where to go on behind `run` backslashes at `at`. Only before a quote do they mean something; they are text otherwise. Two of them
 * stand for one there, so that a value can end in a backslash; an odd one makes the quote a part of the value.
 */
export function behindBackslashes(bytes: Uint8Array, at: number, run: number, end: number): number {
  const stop = at + run;
  return run % 2 === 1 && stop < end && bytes[stop] === QUOTE ? stop + 1 : stop;
}

/** Takes quotes and escapes out of one raw field, in place. @returns the field's new end. */
export function unquote(bytes: Uint8Array, from: number, end: number, rules: CsvRules): number {
  let to = from;
  let quoted = false;
  for (let i = from; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === rules.quote) {
      if (!quoted && rules.quoteOpensFirstOnly && i !== from) bytes[to++] = byte;
      else if (quoted && i + 1 < end && bytes[i + 1] === QUOTE) bytes[to++] = bytes[++i] as number;
      else quoted = !quoted;
      continue;
    }
    if (quoted && byte === BACKSLASH && rules.escape === BACKSLASH) {
      const run = backslashesAt(bytes, i, end);
      const next = behindBackslashes(bytes, i, run, end);
      const isBeforeQuote = i + run < end && bytes[i + run] === QUOTE;
      for (let left = isBeforeQuote ? run >> 1 : run; left > 0; left--) bytes[to++] = BACKSLASH;
      if (next > i + run) bytes[to++] = QUOTE;
      i = next - 1;
      continue;
    }
    bytes[to++] = byte;
  }
  return to;
}

/**
 * Walks the fields of a raw record, plainly: for headers, and for records that went wrong. `field` gets their raw bounds.
 * @returns whether it ends inside quotes.
 */
export function walkFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  rules: CsvRules,
  field: (from: number, to: number) => void,
): boolean {
  let quoted = false;
  let from = start;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (quoted && byte === BACKSLASH && rules.escape === BACKSLASH) {
      i = behindBackslashes(bytes, i, backslashesAt(bytes, i, end), end) - 1;
    } else if (byte === rules.quote) {
      if (quoted && i + 1 < end && bytes[i + 1] === QUOTE) i++;
      else if (quoted || !rules.quoteOpensFirstOnly || i === from) quoted = !quoted;
    } else if (byte === rules.delimiter && !quoted) {
      field(from, i);
      from = i + 1;
    }
  }
  field(from, end);
  return quoted;
}

/** The cells of one complete record. */
export function splitRecord(record: Uint8Array, rules: CsvRules): string[] {
  const bytes = Buffer.from(record);
  const cells: string[] = [];
  walkFields(record, 0, record.length, rules, (from, to) => {
    cells.push(bytes.toString('utf8', from, unquote(bytes, from, to, rules)));
  });
  return cells;
}

/**
 * What bytes are, and so how to tell those that the file's encoding does not allow. `replaced` is text that was decoded, with U+FFFD in
 * place of each of them.
 */
export type TextBytes = 'utf-8' | 'ascii' | 'replaced';

const replacement = Buffer.from('\ufffd');
export const validators: Readonly<Record<TextBytes, (bytes: Buffer) => boolean>> = {
  'utf-8': isUtf8,
  ascii: isAscii,
  replaced: (bytes) => !bytes.includes(replacement),
};

/** The file opens quotes that it does not close, over and over: it is not of the dialect that it is said to be. */
export class TooManyUnclosedQuotes extends Error {
  readonly code = 'too-many-unclosed-quotes';
  constructor(readonly rows: number) {
    super(`more than ${rows} rows open a quote that is never closed`);
  }
}
