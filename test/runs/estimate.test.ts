// The estimate of the time that a run still takes.
import fc from 'fast-check';
import { emptyRow, takeSlot } from '../../shared/constant-contact/budget-row';
import { estimateSeconds } from '../../shared/runs/estimate';

test('is nothing when nothing is left', () => {
  expect(estimateSeconds({ unsent: 0, open: 0, requestsPerSecond: 4, jobMilliseconds: undefined })).toBe(0);
});

test('is the time to send what is unsent, and then the time of one job', () => {
  expect(estimateSeconds({ unsent: 40, open: 0, requestsPerSecond: 4, jobMilliseconds: undefined })).toBe(73);
  expect(estimateSeconds({ unsent: 40, open: 3, requestsPerSecond: 4, jobMilliseconds: 20_000 })).toBe(33);
});

test.each([1, 4, 10])('sends at the pace at which the budget gives slots, at %d a second', (perSecond) => {
  const noon = Date.parse('2026-03-01T12:00:00Z');
  const limits = { perSecond, perDay: Infinity, longestWait: Infinity };
  let row = emptyRow;
  for (let sent = 0; sent < 40; sent++) {
    const taken = takeSlot(row, noon, noon, limits);
    if (taken.kind !== 'slot') throw new Error(taken.kind);
    row = taken.row;
  }
  const seconds = estimateSeconds({ unsent: 40, open: 0, requestsPerSecond: perSecond, jobMilliseconds: 0 });
  expect(seconds).toBe(Math.ceil((row.nextSlot - noon) / 1000));
});

test('is the time of one job while jobs are open', () => {
  expect(estimateSeconds({ unsent: 0, open: 5, requestsPerSecond: 4, jobMilliseconds: 20_500 })).toBe(21);
});

test('is a whole number of seconds, and never less for more work', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.nat(1000),
      fc.integer({ min: 1, max: 100 }),
      (unsent, open, requestsPerSecond) => {
        const estimate = (more: number) =>
          estimateSeconds({ unsent: unsent + more, open, requestsPerSecond, jobMilliseconds: undefined });
        expect(Number.isInteger(estimate(0))).toBe(true);
        expect(estimate(10)).toBeGreaterThanOrEqual(estimate(0));
      },
    ),
  );
});
