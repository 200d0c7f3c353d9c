// The final row of a run: as much of its end as a table takes.
import { longestText } from '../../shared/platform/tables';
import { finalRow } from '../../shared/runs/final-row';
import { aRun } from './support/fixtures';

const warnings = (count: number, length: number) =>
  Array.from({ length: count }, (_, number) => `Batch ${number}: `.padEnd(length, '"'));
/** Names of as many segments as an export can have, of as many characters. */
const names = (length: number) => Array.from({ length: 25 }, (_, number) => `${number} `.padEnd(length, 'x'));
const pointersOf = (segments: readonly string[]) =>
  Object.fromEntries(segments.map((name) => [name, 'f'.repeat(32)]));
const lengthOf = (value: unknown) => JSON.stringify(value).length;

test('a row that fits stays as it is', () => {
  const run = aRun({
    status: 'Completed with warnings',
    warnings: warnings(20, 100),
    cutByField: { city: 1 },
  });
  expect(finalRow(run)).toEqual(run);
});

test('more than twenty warnings are counted', () => {
  const { warnings: shown } = finalRow(aRun({ warnings: warnings(23, 100) }));
  expect(shown).toHaveLength(21);
  expect(shown.at(-1)).toBe('There are 3 more warnings; all of them are in the report.');
});

test('of long warnings it holds the first ones, as many as fit, and says how many there are besides', () => {
  const segments = names(256);
  const all = warnings(20, 700);
  const row = finalRow(aRun({ segments, pointers: pointersOf(segments), warnings: all }));
  const shown = row.warnings.slice(0, -1);
  expect(shown.length).toBeGreaterThan(5);
  expect(all.slice(0, shown.length)).toEqual(shown);
  expect(row.warnings.at(-1)).toBe(
    `There are ${20 - shown.length} more warnings; all of them are in the report.`,
  );
  expect(lengthOf(row)).toBeLessThanOrEqual(longestText);
});

test('where not even the values that were cut fit, it says so', () => {
  // A row is JSON: a character of that kind takes six.
  const segments = names(97).map((name) => name.replaceAll('x', '\u0001'));
  const run = aRun({ segments, pointers: pointersOf(segments), warnings: warnings(3, 100) });
  expect(lengthOf(run)).toBeLessThan(longestText);
  const cutByField = Object.fromEntries(
    Array.from({ length: 25 }, (_, n) => [`cf:${`${n} `.padEnd(50, '"')}`, 1_000_000]),
  );
  const row = finalRow({ ...run, cutByField });
  expect(row.cutByField).toBeNull();
  expect(row.warnings.at(-1)).toBe('Which values were cut is in the report only.');
  expect(lengthOf(row)).toBeLessThanOrEqual(longestText);
});
