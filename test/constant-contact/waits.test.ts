// How long Constant Contact asks to wait, read from what it says.
import fc from 'fast-check';
import { quotaReset, retryAfter, startOfNextDay, throttlePause } from '../../shared/constant-contact/waits';

const noon = Date.parse('2026-04-28T12:00:00Z');

test.each([
  ['3', 3000],
  ['0', 0],
  ['Tue, 28 Apr 2026 12:01:00 GMT', 60_000],
  ['Tue, 28 Apr 2026 11:00:00 GMT', 0],
  ['999999999', 86_400_000],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
])('Retry-After "%s" asks for %p ms', (header, expected) => {
  expect(retryAfter(header, noon)).toBe(expected);
});

test('without Retry-After there is nothing to honour', () => expect(retryAfter(null, noon)).toBeUndefined());

test('whatever Retry-After holds, the wait is none or between nought and a day', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.integer().map(String)), (header) => {
      const wait = retryAfter(header, noon);
      return wait === undefined || (wait >= 0 && wait <= 86_400_000);
    }),
  );
});

test('a spent quota comes back at 00:00 UTC', () => {
  expect(quotaReset(noon)).toBe(Date.parse('2026-04-29T00:00:00Z'));
  expect(startOfNextDay(Date.parse('2026-04-29T00:00:00Z'))).toBe(Date.parse('2026-04-30T00:00:00Z'));
});

test('a quota that is spent in the first moments of a day is the old day’s, and costs a minute, not a day', () => {
  const early = Date.parse('2026-04-28T00:00:01Z');
  expect(quotaReset(early)).toBe(early + 60_000);
});

test('Retry-After decides when a spent quota comes back', () =>
  expect(quotaReset(noon, 5000)).toBe(noon + 5000));

test('callers that were throttled together come back spread over half a second', () => {
  expect(throttlePause(undefined, 0)).toBe(1000);
  expect(throttlePause(undefined, 0.999)).toBe(1500);
  expect(throttlePause(3000, 0.5)).toBe(3250);
});
