// The parts of the demo that decide and show: the comparison of the list with the expected people, and the progress bar.
import { compare, isSame } from './compare';
import { makeProgressBar, progressLine } from './progress-bar';

const people = (entries: Record<string, Record<string, string>>) => new Map(Object.entries(entries));

test('equal lists are the same, whatever the order of people and fields', () => {
  const left = people({ 'a@b.c': { first_name: 'A', last_name: 'B' }, 'd@e.f': {} });
  const right = people({ 'd@e.f': {}, 'a@b.c': { last_name: 'B', first_name: 'A' } });
  expect(compare(left, right)).toEqual({ same: 2, missing: 0, unexpected: 0, different: 0, examples: [] });
  expect(isSame(compare(left, right))).toBe(true);
});

test.each([
  ['somebody is missing', {}, 'missing'],
  ['somebody should not be there', { 'a@b.c': { first_name: 'A' }, 'x@y.z': {} }, 'unexpected'],
  ['a value differs', { 'a@b.c': { first_name: 'a' } }, 'different'],
  ['a field is missing', { 'a@b.c': {} }, 'different'],
  ['there is a field more', { 'a@b.c': { first_name: 'A', last_name: '' } }, 'different'],
] as const)('lists differ when %s', (_, actual, how) => {
  const comparison = compare(people({ 'a@b.c': { first_name: 'A' } }), people(actual));
  expect(comparison[how]).toBe(1);
  expect(comparison.examples).toHaveLength(1);
  expect(isSame(comparison)).toBe(false);
});

test('ten examples are shown and all differences are counted', () => {
  const many = people(Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`p${index}@b.c`, {}])));
  const comparison = compare(many, new Map());
  expect(comparison.missing).toBe(25);
  expect(comparison.examples).toHaveLength(10);
});

const shown = (sent: number, done: number) => ({ phase: 'sending', batches: { total: 4, sent, done } });

test('the bar grows with what is sent and done', () => {
  expect(progressLine({ phase: 'preparing', batches: { total: 0, sent: 0, done: 0 } })).toMatch(
    /^░+ {3}0 % {2}preparing$/,
  );
  expect(progressLine(shown(4, 0))).toContain(' 50 %  sending, 4 of 4 import jobs sent, 0 done');
  expect(progressLine(shown(4, 4))).toMatch(/^█+ 100 % {2}sending, 4 of 4 import jobs sent, 4 done$/);
});

test('on a terminal one line is written over; elsewhere each change is a line', () => {
  const written = (isTTY: boolean) => {
    let text = '';
    const bar = makeProgressBar({ isTTY, write: (more: string) => (text += more) });
    for (const step of [shown(1, 0), shown(1, 0), shown(2, 1)]) bar.show(step);
    bar.end();
    return text;
  };
  expect(written(true).split('\n')).toHaveLength(2);
  expect(written(true)).toContain('\r\u001b[2K');
  expect(written(false).split('\n')).toHaveLength(3);
  expect(written(false)).not.toContain('\u001b');
});

test('a line never breaks on a narrow terminal', () => {
  let text = '';
  makeProgressBar({ isTTY: true, columns: 40, write: (more) => (text += more) }).show(shown(2, 1));
  expect(text.replace('\r\u001b[2K', '')).toHaveLength(39);
});

test.each([0, undefined])('on a terminal of unknown width (%s) the line is whole', (columns) => {
  let text = '';
  makeProgressBar({ isTTY: true, columns, write: (more) => (text += more) }).show(shown(2, 1));
  expect(text).toBe(`\r\u001b[2K${progressLine(shown(2, 1))}`);
});
