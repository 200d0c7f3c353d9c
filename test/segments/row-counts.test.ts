// How many rows a segment had, as the last run that read it counted them.
import { makeRowCounts } from '../../shared/segments/row-counts';
import { makeMemoryTable } from '../support/memory-tables';

const segment = 'A name / with everything that a key must not hold # ?';

test('is known for the very data that was read, and for no other', async () => {
  const counts = makeRowCounts(makeMemoryTable());
  expect(await counts.find(segment, 'p1')).toBeUndefined();
  await counts.note(segment, 'p1', 7);
  expect(await counts.find(segment, 'p1')).toBe(7);
  expect(await counts.find(segment, 'p2')).toBeUndefined();
});

test('is replaced when newer data was read', async () => {
  const counts = makeRowCounts(makeMemoryTable());
  await counts.note(segment, 'p1', 7);
  await counts.note(segment, 'p2', 9);
  expect(await counts.find(segment, 'p1')).toBeUndefined();
  expect(await counts.find(segment, 'p2')).toBe(9);
});
