// The rule for the anniversary and the birthday, exactly: Constant Contact refuses the whole contact for one that is no date to it, so
// what is none is left out. The fast path is in plain-bytes.ts.
import { ruleOf } from './mapping';

/** Source: Constant Contact V3 API, `contacts_json_import`. Read strictly: M and D have no zero before them, MM and DD two digits. */
const forms = [
  'MM/DD/YYYY',
  'M/D/YYYY',
  'YYYY/MM/DD',
  'YYYY/M/D',
  'YYYY-MM-DD',
  'YYYY-M-D',
  'M-D-YYYY',
  'M-DD-YYYY',
];
const patterns: Readonly<Record<string, string>> = {
  YYYY: String.raw`(?<year>\d{4})`,
  MM: String.raw`(?<month>\d\d)`,
  M: String.raw`(?<month>[1-9]\d?)`,
  DD: String.raw`(?<day>\d\d)`,
  D: String.raw`(?<day>[1-9]\d?)`,
};
const taken = forms.map(
  (form) => new RegExp(`^${form.replace(/YYYY|MM?|DD?/g, (part) => patterns[part] as string)}$`),
);

/** `YYYY-MM-DD` */
export const isoDateLength = 10;

/** ISO 8601; a space for the T, and before the offset, is what databases write. The time is not looked at. */
const isoDateOrTimestamp =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[T ]\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?$/i;

/** As real files write numbers: `17`, `07`, `17.0`. */
const wholeNumber = /^0*(?<number>\d{1,2})(?:\.0+)?$/;

/** Of each month in the year that has most days. */
const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether some year has this day. False for what is no number. */
export const isDay = (month: number, day: number): boolean => day >= 1 && day <= (daysOf[month - 1] ?? 0);

/** Whether there is this day, in the calendar of today also for the years before it. */
export const isDate = (year: number, month: number, day: number): boolean =>
  year >= 1 && isDay(month, day) && (month !== 2 || day < 29 || isLeapYear(year));

const isLeapYear = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** @returns the parts of the date, if the text is of that form and there is such a day. */
function match(form: RegExp, text: string): { readonly month: number; readonly day: number } | undefined {
  const { year, month, day } = form.exec(text)?.groups ?? {};
  const parts = { month: Number(month), day: Number(day) };
  return isDate(Number(year), parts.month, parts.day) ? parts : undefined;
}

/**
 * @param text cleaned.
 * @returns the date in a form that Constant Contact takes; `undefined` when there is none in the text.
 */
export function readDate(text: string): string | undefined {
  // The date as it is written, in whatever zone. An anniversary is a day of the calendar; where it is kept as a timestamp, the time is
  // only what fills the column, mostly midnight. Moved to another time zone, it would be the day before or after.
  if (match(isoDateOrTimestamp, text)) return text.slice(0, isoDateLength);
  return taken.some((form) => match(form, text)) ? text : undefined;
}

/**
 * @param text cleaned.
 * @returns what the text says of the day or the month: a number, or that part of an ISO date or timestamp; `NaN` when it says nothing.
 */
export function readBirthdayPart(text: string, part: 'day' | 'month'): number {
  const number = wholeNumber.exec(text)?.groups?.['number'];
  return number === undefined ? (match(isoDateOrTimestamp, text)?.[part] ?? NaN) : Number(number);
}

/** Why values of a field are left out, said behind how many there are. */
export const whyLeftOut = (field: string): string =>
  ruleOf(field).kind === 'date'
    ? 'they are no dates in a form that Constant Contact takes, such as 1971-09-29 or 9/29/1971'
    : 'Constant Contact takes birthday_day and birthday_month only together, as numbers of a day that there is, such as 29 and 2';
