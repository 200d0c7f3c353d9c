// The cells of a contact's anniversary and birthday: each is sent as Constant Contact takes it, or is left out and counted.
import type { ShardRecord } from '../segments/segment';
import type { ColumnsPlan } from './columns-plan';
import { isDay, isoDateLength, readBirthdayPart, readDate } from './dates';
import { readPlainDate, readPlainNumber } from './plain-bytes';
import { cleanValue } from './values';

const comma = 0x2c;
const zero = 0x30;

export interface DateCells {
  /** Writes a field's date to `at`. @returns where it ends: `at` when there is none. */
  takeDate(bytes: Buffer, from: number, to: number, field: number, at: number): number;
  /**
   * Writes the birthday's cells to `at`, each with the comma before it: all of them, if they are a day that there is, or none.
   * @param positions of the plan's fields among the record's columns, as for a contact's row.
   * @returns where they end.
   */
  takeBirthday(record: ShardRecord, positions: Int32Array, at: number): number;
}

/**
 * @param out where the cells go.
 * @param leftOut counts the values that are left out, by position in the plan.
 */
export function makeDateCells(plan: ColumnsPlan, out: Buffer, leftOut: Int32Array): DateCells {
  const { fields, birthdayFields, birthdayWhole } = plan;
  const lengths = Int32Array.from(fields, ({ maxLength }) => maxLength);
  const isOfDay = fields.slice(0, birthdayFields).map(({ name }) => name === 'birthday_day');
  /** What each field of the birthday says; `undefined` where it is blank. */
  const birthday: (number | undefined)[] = isOfDay.map(() => undefined);

  const leaveOut = (field: number) => {
    leftOut[field] = (leftOut[field] as number) + 1;
  };

  /** @returns the clean value; `undefined` for one that is longer than its field: no date is, but it may begin with one. */
  const textOf = (bytes: Buffer, from: number, to: number, field: number): string | undefined => {
    const { value, cut } = cleanValue(bytes.toString('utf8', from, to), lengths[field] as number);
    return cut ? undefined : value;
  };

  const readPart = (bytes: Buffer, from: number, to: number, field: number): number | undefined => {
    if (from === to) return undefined;
    const number = readPlainNumber(bytes, from, to);
    if (number >= 0) return number;
    const date = readPlainDate(bytes, from, to);
    if (date >= 0) return isOfDay[field] ? date % 100 : Math.trunc(date / 100) % 100;
    const text = textOf(bytes, from, to, field);
    if (text === '') return undefined;
    return text === undefined ? NaN : readBirthdayPart(text, isOfDay[field] ? 'day' : 'month');
  };

  const putNumber = (number: number, at: number): number => {
    out[at++] = comma;
    if (number > 9) out[at++] = zero + Math.trunc(number / 10);
    out[at++] = zero + (number % 10);
    return at;
  };

  return {
    takeDate(bytes, from, to, field, at) {
      if (from === to) return at;
      if (readPlainDate(bytes, from, to) >= 0) return at + bytes.copy(out, at, from, from + isoDateLength);
      const text = textOf(bytes, from, to, field);
      if (text === '') return at;
      const date = text === undefined ? undefined : readDate(text);
      if (date !== undefined) return at + out.write(date, at);
      leaveOut(field);
      return at;
    },

    takeBirthday({ bytes, starts, ends }, positions, at) {
      for (let field = 0; field < birthdayFields; field++) {
        const position = positions[field] as number;
        birthday[field] =
          position < 0
            ? undefined
            : readPart(bytes, starts[position] as number, ends[position] as number, field);
      }
      const [day = NaN, month = NaN] = birthday;
      if (birthdayWhole && isDay(month, day)) return putNumber(month, putNumber(day, at));
      for (let field = 0; field < birthdayFields; field++) if (birthday[field] !== undefined) leaveOut(field);
      return at;
    },
  };
}
