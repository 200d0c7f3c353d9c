// What people choose: when the deployment's refresh is, and when an export runs.
import { IANAZone } from 'luxon';
import { z } from 'zod';

export const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

/** As often a day as the product allows. */
const mostTimes = 4;

const inOrder = <T>(values: readonly T[], order: (value: T) => number | string): T[] =>
  [...new Set(values)].sort((a, b) => (order(a) < order(b) ? -1 : 1));

/** Those that were found valid: asking takes long, and each row that is read asks. */
const validZones = new Set<string>();

function isTimeZone(name: string): boolean {
  if (validZones.has(name)) return true;
  const isValid = /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
  if (isValid) validZones.add(name);
  return isValid;
}

const times = {
  /** Local times of the zone, such as `06:30`. */
  times: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time from 00:00 to 23:59'))
    .min(1)
    .max(mostTimes)
    .overwrite((values) => inOrder(values, (value) => value)),
  /** `null`: every day. */
  days: z
    .array(z.enum(weekdays))
    .min(1)
    .overwrite((values) => inOrder(values, (value) => weekdays.indexOf(value)))
    .nullable(),
  /** A name of the IANA time zone database, such as `Europe/Vienna`. */
  timeZone: z.string().max(64).refine(isTimeZone, 'is not an IANA time zone'),
};

export const timesSchema = z.strictObject(times);
export type Times = z.output<typeof timesSchema>;

const atTimes = z.strictObject({ kind: z.literal('times'), ...times });
const off = z.strictObject({ kind: z.literal('off') });

export const exportScheduleSchema = z.discriminatedUnion('kind', [
  /** Whenever the deployment's refresh is. */
  z.strictObject({ kind: z.literal('with-refresh') }),
  atTimes,
  /** On demand only. */
  off,
]);
export type ExportSchedule = z.output<typeof exportScheduleSchema>;

export const refreshScheduleSchema = z.discriminatedUnion('kind', [
  /** When new data has arrived for one of an export's segments. */
  z.strictObject({ kind: z.literal('new-data') }),
  atTimes,
  off,
]);
export type RefreshSchedule = z.output<typeof refreshScheduleSchema>;
