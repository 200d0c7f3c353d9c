// NCRONTAB schedules.
import fc from 'fast-check';
import { parseSchedule } from './ncrontab';

const next = (schedule: string, from: string) =>
  new Date(parseSchedule(schedule).next(Date.parse(from))).toISOString();

test.each([
  ['0 * * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00.000Z'],
  ['*/5 * * * * *', '2026-01-01T00:00:57.500Z', '2026-01-01T00:01:00.000Z'],
  ['0 */15 * * * *', '2026-01-01T00:46:00Z', '2026-01-01T01:00:00.000Z'],
  ['0 30 9-17 * * Mon-Fri', '2026-01-02T17:31:00Z', '2026-01-05T09:30:00.000Z'],
  ['0 0 2,14 * * *', '2026-01-01T02:00:00Z', '2026-01-01T14:00:00.000Z'],
  ['0 0 0 1 1 *', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
  ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['0 0 12 * * 7', '2026-01-01T00:00:00Z', '2026-01-04T12:00:00.000Z'],
  ['10/20 * * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:00:50.000Z'],
  ['30 4 * * *', '2026-01-01T00:00:00Z', '2026-01-01T04:30:00.000Z'],
])('"%s" after %s is %s', (schedule, from, expected) => {
  expect(next(schedule, from)).toBe(expected);
});

test.each(['', '* * * *', '60 * * * * *', '0 0 0 31 2 *', '0 5-3 * * * *', '*/0 * * * * *', 'x * * * * *'])(
  '"%s" is refused',
  (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow();
  },
);

test('the next time is after the one asked for, matches, and is the first that does', () => {
  const field = (from: number, to: number) =>
    fc.option(fc.integer({ min: from, max: to }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.tuple(field(0, 59), field(0, 59), field(0, 23)),
      fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
      ([second, minute, hour], from) => {
        const text = [second, minute, hour, '*', '*', '*'].map((value) => value ?? '*').join(' ');
        const found = parseSchedule(text).next(from.getTime());
        let expected = Math.floor(from.getTime() / 1000) * 1000 + 1000;
        const matches = (ms: number) => {
          const time = new Date(ms);
          return (
            time.getUTCSeconds() === (second ?? time.getUTCSeconds()) &&
            time.getUTCMinutes() === (minute ?? time.getUTCMinutes()) &&
            time.getUTCHours() === (hour ?? time.getUTCHours())
          );
        };
        while (!matches(expected)) expected += 1000;
        expect(found).toBe(expected);
      },
    ),
    { numRuns: 50 },
  );
});
