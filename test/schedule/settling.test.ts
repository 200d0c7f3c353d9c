// Since when a segment stands still.
import { seenNow } from '../../shared/schedule/settling';

const at = (minute: number) => `2026-03-01T12:${String(minute).padStart(2, '0')}:00.000Z`;
const now = Date.parse(at(30));
const before = { name: 'customers', pointer: 'p1', since: at(10), changes: [at(10)] };
const seen = (pointer: string, changedAt: string) =>
  seenNow(before, 'customers', { pointer, changedAt }, now);

test('a segment that was never seen stands still since its files were written', () => {
  expect(seenNow(undefined, 'customers', { pointer: 'p1', changedAt: at(5) }, now)).toEqual({
    name: 'customers',
    pointer: 'p1',
    since: at(5),
    changes: [at(5)],
  });
});

test('as long as the pointer stays, nothing is new, whatever the files say', () => {
  expect(seen('p1', at(20))).toBe(before);
});

test.each([
  ['since files were written', at(20), at(20)],
  ['since the change was seen, when no file was written since', at(10), at(30)],
  ['since the change was seen, when a file came with an old time', at(5), at(30)],
])('another pointer stands still %s', (_name, changedAt, since) => {
  expect(seen('p2', changedAt)).toEqual({
    name: 'customers',
    pointer: 'p2',
    since,
    changes: [at(10), since],
  });
});

test('of many changes the last eight are kept', () => {
  const eight = Array.from({ length: 8 }, (_, index) => at(index));
  const busy = { ...before, since: at(7), changes: eight };
  const { changes } = seenNow(busy, 'customers', { pointer: 'p2', changedAt: at(20) }, now);
  expect(changes).toEqual([...eight.slice(1), at(20)]);
});
