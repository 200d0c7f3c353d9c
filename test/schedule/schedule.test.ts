// What a schedule may be.
import { exportScheduleSchema, refreshScheduleSchema } from '../../shared/schedule/schedule';

const times = { kind: 'times', times: ['06:30'], days: null, timeZone: 'Europe/Vienna' };

test.each<[string, unknown]>([
  ['with every refresh', { kind: 'with-refresh' }],
  ['daily', times],
  [
    'on days, four times',
    { ...times, times: ['00:00', '06:30', '12:00', '23:59'], days: ['monday', 'sunday'] },
  ],
  ['in UTC', { ...times, timeZone: 'UTC' }],
  ['off', { kind: 'off' }],
])('an export can run %s', (_name, schedule) => {
  expect(exportScheduleSchema.parse(schedule)).toEqual(schedule);
});

test('the refresh is when new data has arrived, at times, or off, and never with itself', () => {
  expect(refreshScheduleSchema.parse({ kind: 'new-data' })).toEqual({ kind: 'new-data' });
  expect(refreshScheduleSchema.parse(times)).toEqual(times);
  expect(refreshScheduleSchema.safeParse({ kind: 'with-refresh' }).success).toBe(false);
  expect(exportScheduleSchema.safeParse({ kind: 'new-data' }).success).toBe(false);
});

test('times and days are put in order, each once', () => {
  const parsed = exportScheduleSchema.parse({
    ...times,
    times: ['18:00', '06:30', '18:00'],
    days: ['sunday', 'monday', 'sunday'],
  });
  expect(parsed).toMatchObject({ times: ['06:30', '18:00'], days: ['monday', 'sunday'] });
});

test.each<[string, Record<string, unknown>]>([
  ['no time', { times: [] }],
  ['five times', { times: ['01:00', '02:00', '03:00', '04:00', '05:00'] }],
  ['an hour that is none', { times: ['24:00'] }],
  ['a minute that is none', { times: ['12:60'] }],
  ['a time with seconds', { times: ['12:00:00'] }],
  ['no day', { days: [] }],
  ['a day that is none', { days: ['someday'] }],
  ['a zone that is none', { timeZone: 'Europe/Atlantis' }],
  ['an offset in place of a zone', { timeZone: '+01:00' }],
  ['no zone', { timeZone: undefined }],
  ['what nobody knows', { every: 'hour' }],
])('a schedule is refused with %s', (_name, change) => {
  expect(exportScheduleSchema.safeParse({ ...times, ...change }).success).toBe(false);
});
