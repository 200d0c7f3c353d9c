// From the bytes of a CSV file to its records, in one pass and in flat memory: the hot path of a run. It relies on UTF-8 (or ASCII), where
// a byte below 0x80 is always a character of its own.
import {
  backslashesAt,
  behindBackslashes,
  CR,
  LF,
  QUOTE,
  rulesOf,
  splitRecord,
  TooManyUnclosedQuotes,
  unquote,
  validators,
  walkFields,
  type TextBytes,
} from './csv-rules';
import type { CsvDialect, Malformation, RecordSink, ShardRecord } from './segment';
import { makeSpecialBytes } from './special-bytes';

export interface RecordLimits {
  /** A longer record is malformed, its line end not counted. Bytes. */
  readonly longestRecord: number;
  /** Bytes that are gathered before they are looked at: they stay in the processor's cache, and a call's cost is spread over many rows. At least 3: a byte order mark. */
  readonly gatherBytes: number;
  /** Rows with such quotes, where they are more than `mostUnclosedShare` of the rows, too: the file is of another dialect then. */
  readonly mostUnclosedQuotes: number;
}

export const recordLimits: RecordLimits = {
  longestRecord: 1_000_000,
  gatherBytes: 128 * 1024,
  mostUnclosedQuotes: 100,
};

/** As many malformed rows as a run may have. */
const mostUnclosedShare = 0.05;

/** What the first record told. */
export interface RecordPlan {
  /** Columns of each record. */
  readonly width: number;
  /** Which columns to hand over, in that order; one may stand in it twice. */
  readonly picks: readonly number[];
  /** Whether the first record is a header. */
  readonly skipFirst: boolean;
}

export interface RecordReaderOptions {
  readonly dialect: CsvDialect;
  readonly text: TextBytes;
  /** Of the records, if that is known before the first one. */
  readonly width: number | undefined;
  /** Called once, with the first record's cells or why there are none. It may throw. */
  readonly first: (cells: readonly string[] | Malformation) => RecordPlan;
  readonly sink: Pick<RecordSink, 'record' | 'malformed'>;
  readonly limits?: RecordLimits;
}

export interface RecordReader {
  /** Takes a copy. */
  push(chunk: Uint8Array): void;
  /** The file has ended. @returns whether it had a record. */
  finish(): boolean;
}

export function makeRecordReader(options: RecordReaderOptions): RecordReader {
  const { first, sink } = options;
  const { longestRecord, gatherBytes, mostUnclosedQuotes } = options.limits ?? recordLimits;
  const rules = rulesOf(options.dialect);
  const { delimiter, quote, quoteOpensFirstOnly, escape } = rules;
  const isValid = validators[options.text];
  // Room for the longest record, a CR after it, what is gathered behind it, and two bytes that end every search.
  const special = makeSpecialBytes(longestRecord + 1 + 2 * gatherBytes + 2, [delimiter, LF, quote, escape]);
  const { bytes, positions } = special;
  let filled = 0;
  let waiting = 0; // bytes of an unfinished record at the front
  let atStart = true;
  let skipping = false; // inside a record that is too long, up to the next line
  let rows = 0;
  let unclosed = 0;

  let width = options.width ?? -1;
  let planned = false;
  let picks = Int32Array.of(-1); // ascending, ended by -1
  let places = new Int32Array(0); // of each pick among the columns asked for
  let starts = new Int32Array(0);
  let ends = new Int32Array(0);
  let untidy = new Int32Array(0); // picks of the record at hand whose quotes have to be taken out
  let record: ShardRecord = { row: 0, bytes, starts, ends };

  /** @returns whether the first record is done with. */
  function plan(cells: readonly string[] | Malformation): boolean {
    const told = first(cells);
    planned = true;
    width = told.width;
    const order = told.picks.map((column, place) => ({ column, place })).sort((a, b) => a.column - b.column);
    picks = Int32Array.from([...order.map(({ column }) => column), -1]);
    places = Int32Array.from(order, ({ place }) => place);
    starts = new Int32Array(order.length);
    ends = new Int32Array(order.length);
    untidy = new Int32Array(order.length);
    record = { row: 0, bytes, starts, ends };
    return told.skipFirst;
  }

  function reject(why: Malformation): void {
    if (!planned && plan(why)) return;
    sink.malformed(++rows, why);
  }

  function rejectUnclosed(): void {
    unclosed++;
    if (unclosed > mostUnclosedQuotes && unclosed > (rows + 1) * mostUnclosedShare)
      throw new TooManyUnclosedQuotes(mostUnclosedQuotes);
    reject('unclosed-quote');
  }

  /**
   * The quotes that open at `opened` go over a line end and are not those of a whole field. Whoever forgot to double or to close one
   * has made the line malformed that holds it, and no other: what follows are rows.
   * @returns where to go on; -1 when that is beyond what is here.
   */
  function giveUpLine(opened: number, end: number): number {
    rejectUnclosed();
    const line = bytes.indexOf(LF, opened);
    return line < end ? line + 1 : -1;
  }

  /**
   * The record at `start` is too long. It must not depend on how much of the record is here.
   * @returns where to go on; -1 when that is beyond what is here.
   */
  function giveUpLong(start: number, end: number): number {
    const limit = Math.min(end, start + longestRecord);
    const line = bytes.indexOf(LF, start);
    const isOpen = walkFields(bytes, start, limit, rules, () => undefined);
    // Within the last `longestRecord` bytes of a file there is nothing but the quotes that can be wrong.
    if (isOpen && (line < limit || limit === end)) {
      rejectUnclosed();
      return line < end ? line + 1 : -1;
    }
    reject('too-long');
    const next = bytes.indexOf(LF, limit);
    skipping = next >= end;
    return skipping ? -1 : next + 1;
  }

  /** Takes the quotes out of the picks that need it. A column that was asked for twice is done once. */
  function tidy(count: number): void {
    for (let i = 0; i < count; i++) {
      const pick = untidy[i] as number;
      const place = places[pick] as number;
      const end = unquote(bytes, starts[place] as number, ends[place] as number, rules);
      for (let same = pick; picks[same] === picks[pick]; same++) ends[places[same] as number] = end;
    }
  }

  /** Reads what is complete from `from` on. @returns where the unfinished record starts. */
  function scan(from: number, final: boolean): number {
    const end = filled;
    // They end every search, so that the loops need not ask for the end.
    bytes[end] = LF;
    bytes[end + 1] = QUOTE;
    let start = from;
    if (skipping) {
      const line = bytes.indexOf(LF, start);
      if (line >= end) return end;
      skipping = false;
      start = line + 1;
    }
    // One native call for all of them; only where it fails is each record looked at.
    const whole = final ? end : bytes.lastIndexOf(LF, end - 1) + 1;
    const areValid = whole <= start || isValid(bytes.subarray(start, whole));
    const [isPlanned, pickAt, placeOf, startAt, endAt] = [planned, picks, places, starts, ends];
    const firstPick = pickAt[0] as number;
    let looked = start; // up to there the special bytes are known
    let window = start; // from there on `positions` has them
    let known = 0; // of `positions`
    let at = 0; // in `positions`

    for (;;) {
      let i = start;
      let column = 0;
      let fieldStart = start;
      let closing = 0; // 1 after a field in plain quotes: its last byte is the quote
      let pick = 0;
      let next = firstPick;
      let untidyPicks = 0;
      let isOpen = false;
      let opened = -1; // where the quotes opened that `i` is in; -1 outside of quotes
      let isPlain = false;
      let lineBreak = -1; // the last one in quotes
      let stray = -1; // where it shows that quotes that go over a line end are not those of a whole field

      for (;;) {
        for (let from = i; ;) {
          if (at === known) {
            known = special.find(looked, end + 2);
            window = looked;
            looked = special.reach(looked);
            at = 0;
            continue;
          }
          i = positions[at++] as number;
          if (i >= from) break;
        }
        const byte = bytes[i] as number;
        if (opened < 0) {
          if (byte === delimiter) {
            while (column === next) {
              const place = placeOf[pick] as number;
              startAt[place] = fieldStart;
              endAt[place] = i - closing;
              next = pickAt[++pick] as number;
            }
            closing = 0;
            column++;
            fieldStart = ++i;
            continue;
          }
          if (byte === LF) break;
          if (byte === quote && (!quoteOpensFirstOnly || i === fieldStart)) {
            opened = i;
            isPlain = opened === fieldStart;
          }
          i++;
          continue;
        }

        if (byte !== QUOTE) {
          if (byte === LF && i < end) {
            if (opened !== fieldStart) {
              stray = i;
              break;
            }
            lineBreak = i++;
          } else if (byte === escape) {
            const run = backslashesAt(bytes, i, end);
            if (bytes[i + run] === QUOTE) isPlain = false;
            i = behindBackslashes(bytes, i, run, end);
          } else {
            i++;
          }
          continue;
        }
        if (i > end) {
          isOpen = true;
          i = end;
          break;
        }
        if (bytes[++i] === QUOTE) {
          isPlain = false;
          i++;
          continue;
        }
        const after = bytes[i] as number;
        const endsField = after === delimiter || after === LF || (after === CR && bytes[i + 1] === LF);
        if (lineBreak > opened && !endsField) {
          stray = i - 1;
          break;
        }
        if (isPlain && endsField) {
          fieldStart = opened + 1;
          closing = 1;
        } else if (column === next && (untidyPicks === 0 || untidy[untidyPicks - 1] !== pick)) {
          untidy[untidyPicks++] = pick;
        }
        opened = -1;
      }

      // `i` is at the record's line end, or where the bytes end, or near a stray quote.
      const isLast = i === end;
      if (isLast && !final && end - start <= longestRecord + 1) return start;
      const stop = i > start && bytes[i - 1] === CR ? i - 1 : i;
      if (isOpen) stray = end - 1;
      if (stray >= 0 || stop - start > longestRecord) {
        const isShort = stray >= 0 && stray - start < longestRecord;
        start = isShort ? giveUpLine(opened, end) : giveUpLong(start, end);
        if (start === -1) return end;
        if (!isPlanned) return scan(start, final);
        if (start < window) {
          looked = start;
          at = known = 0;
        }
        while (at > 0 && (positions[at - 1] as number) >= start) at--;
        continue;
      }
      if (stop > start || (width === 1 && !isLast)) {
        if (!isPlanned) {
          const row = bytes.subarray(start, stop);
          const isHeader = plan(areValid || isValid(row) ? splitRecord(row, rules) : 'bad-encoding');
          return scan(isHeader ? Math.min(i + 1, end) : start, final);
        }
        if (column + 1 !== width) reject('wrong-width');
        else if (!areValid && !isValid(bytes.subarray(start, stop))) reject('bad-encoding');
        else {
          while (column === next) {
            const place = placeOf[pick] as number;
            startAt[place] = fieldStart;
            endAt[place] = stop - closing;
            next = pickAt[++pick] as number;
          }
          if (untidyPicks > 0) tidy(untidyPicks);
          record.row = ++rows;
          sink.record(record);
        }
      }
      if (isLast) return end;
      start = i + 1;
    }
  }

  function settle(final: boolean): void {
    let from = 0;
    if (atStart && filled >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) from = 3;
    atStart = false;
    from = scan(from, final);
    bytes.copyWithin(0, from, filled);
    filled -= from;
    waiting = filled;
  }

  return {
    push(chunk) {
      for (let offset = 0; offset < chunk.length;) {
        const part = chunk.subarray(offset, offset + gatherBytes);
        bytes.set(part, filled);
        filled += part.length;
        offset += part.length;
        if (filled - waiting >= gatherBytes) settle(false);
      }
    },

    finish() {
      settle(true);
      return planned;
    },
  };
}
