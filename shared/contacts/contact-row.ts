// One profile on its way to a line of CSV: the cells lie side by side in one buffer that is used again for every profile.
import type { ShardRecord } from '../segments/segment';
import { maxAddressLength, readAddress, type AddressReason } from './address';
import type { ColumnsPlan } from './columns-plan';
import { csvCell } from './csv-line';
import { makeDateCells } from './date-cells';
import { copyPlainAddress, copyPlainValue } from './plain-bytes';
import { cleanValue } from './values';

/** UTF-8, and every character doubled, were they all quotes. */
const mostBytesPerCharacter = 4;
const quotesAndComma = 3;
/** The hash pads the address in place. */
const hashPadding = 16;
const comma = 0x2c;

/** The cells of one contact. A view that the next profile overwrites. */
export interface RowCells {
  /** The address's cell starts at 0; each later cell brings the comma before it. */
  readonly bytes: Uint8Array;
  /** Where the address's cell ends. */
  readonly addressEnd: number;
  /** Where the cells of each group end; they start where those before them end. */
  readonly groupEnds: Int32Array;
  /** Which fields of each group are filled. Only these have cells. */
  readonly masks: Int32Array;
}

export interface ContactRow extends RowCells {
  readonly bytes: Buffer;
  /** The same memory, for the hash. */
  readonly words: Int32Array;
  addressEnd: number;
  /** Values cut at their field's length so far, by position in the plan. */
  readonly cut: Int32Array;
  /** Values left out because they are no date, or because the birthday is not whole, by position in the plan. */
  readonly leftOut: Int32Array;
  /**
   * Takes the address: normalised and not yet quoted, at the start of `bytes`.
   * @returns why it is rejected, if it is.
   */
  takeAddress(bytes: Buffer, from: number, to: number): AddressReason | undefined;
  /**
   * Makes the address a cell and puts the filled values behind it.
   * @param positions of the plan's fields among the record's columns; -1 for a column that the shard does not have.
   */
  takeValues(record: ShardRecord, positions: Int32Array): void;
}

export function makeContactRow(plan: ColumnsPlan): ContactRow {
  const longest = plan.fields.reduce(
    (sum, { maxLength }) => sum + maxLength * mostBytesPerCharacter + quotesAndComma,
    0,
  );
  const memory = new ArrayBuffer(
    Math.ceil(
      (maxAddressLength * mostBytesPerCharacter + quotesAndComma + hashPadding + longest) / hashPadding,
    ) * hashPadding,
  );
  const out = Buffer.from(memory);
  const { fields, groups, birthdayFields } = plan;
  const lengths = Int32Array.from(fields, ({ maxLength }) => maxLength);
  const groupEnds = new Int32Array(groups.length);
  const masks = new Int32Array(groups.length);
  const cut = new Int32Array(fields.length);
  const leftOut = new Int32Array(fields.length);
  const isDateField = Uint8Array.from(fields, ({ kind }) => (kind === 'date' ? 1 : 0));
  const dates = makeDateCells(plan, out, leftOut);
  let quotedAddress: string | undefined;

  /** The exact rule, for the few values that the fast path does not take. */
  const takeExactly = (bytes: Buffer, from: number, to: number, field: number, at: number): number => {
    const cleaned = cleanValue(bytes.toString('utf8', from, to), lengths[field] as number);
    if (cleaned.cut) cut[field] = (cut[field] as number) + 1;
    return cleaned.value === '' ? at : at + out.write(csvCell(cleaned.value), at);
  };

  const row: ContactRow = {
    bytes: out,
    words: new Int32Array(memory),
    addressEnd: 0,
    groupEnds,
    masks,
    cut,
    leftOut,

    takeAddress(bytes, from, to) {
      quotedAddress = undefined;
      const length = copyPlainAddress(bytes, from, to, out);
      if (length > 0) {
        row.addressEnd = length;
        return undefined;
      }
      const verdict = readAddress(bytes.toString('utf8', from, to));
      if ('reason' in verdict) return verdict.reason;
      row.addressEnd = out.write(verdict.address);
      const cell = csvCell(verdict.address);
      if (cell !== verdict.address) quotedAddress = cell;
      return undefined;
    },

    takeValues(record, positions) {
      const { bytes, starts, ends } = record;
      if (quotedAddress !== undefined) row.addressEnd = out.write(quotedAddress);
      // The birthday's fields come first of all.
      let end = birthdayFields > 0 ? dates.takeBirthday(record, positions, row.addressEnd) : row.addressEnd;
      let field = birthdayFields;
      let bit = 1 << birthdayFields;
      let mask = end > row.addressEnd ? bit - 1 : 0;
      for (let group = 0; group < groups.length; group++) {
        for (; field < (groups[group] as { to: number }).to; field++, bit <<= 1) {
          const position = positions[field] as number;
          if (position >= 0) {
            const from = starts[position] as number;
            const to = ends[position] as number;
            let cellEnd = isDateField[field]
              ? dates.takeDate(bytes, from, to, field, end + 1)
              : copyPlainValue(bytes, from, to, lengths[field] as number, out, end + 1);
            if (cellEnd < 0) cellEnd = takeExactly(bytes, from, to, field, end + 1);
            if (cellEnd > end + 1) {
              out[end] = comma;
              end = cellEnd;
              mask |= bit;
            }
          }
        }
        groupEnds[group] = end;
        masks[group] = mask;
        mask = 0;
        bit = 1;
      }
    },
  };
  return row;
}
