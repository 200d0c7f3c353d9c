// What is usual is said only of a segment that has changed often enough, and follows a change of habit.
import { MOST_CHANGES, usualSeconds } from '../../shared/schedule/usual-interval';

const days = (...at: number[]) =>
  at.map((day) => new Date(Date.UTC(2026, 2, 1) + day * 86_400_000).toISOString());
const day = 86_400;

test.each([
  ['no change', days(), undefined],
  ['two intervals', days(0, 1, 2), undefined],
  ['three intervals', days(0, 1, 2, 3), day],
  ['weekdays', days(0, 1, 2, 3, 4, 7, 8), 3 * day],
])('of %s', (_what, changes, seconds) => {
  expect(usualSeconds(changes)).toBe(seconds);
});

test('an interval of long ago does not count', () => {
  const daily = days(...Array.from({ length: MOST_CHANGES }, (_, index) => 100 + index));
  expect(usualSeconds([...days(0), ...daily])).toBe(day);
});
