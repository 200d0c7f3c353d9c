// When new data makes an export due: the rule, without anything around it.
import fc from 'fast-check';
import { knownAt, newDataDue } from '../../shared/schedule/new-data';
import type { PointerState } from '../../shared/segments/layout';

const now = Date.parse('2026-03-01T12:00:00Z');
const settle = 300_000;
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString();
const old = 86_400_000;

type Present = Readonly<Record<string, readonly [pointer: string, age: number]>>;

const states = (present: Present) =>
  new Map(
    Object.entries(present).map(([name, [pointer, age]]): [string, PointerState] => [
      name,
      { pointer, changedAt: ago(age) },
    ]),
  );
const due = (known: Readonly<Record<string, string>>, present: Present) =>
  newDataDue(known, states(present), now, settle);

test.each<[string, Parameters<typeof due>[0], Parameters<typeof due>[1], ReturnType<typeof due>]>([
  ['nothing has changed', { a: '1' }, { a: ['1', old] }, { kind: 'not-due' }],
  ['nothing has changed though the files were touched', { a: '1' }, { a: ['1', 0] }, { kind: 'not-due' }],
  [
    'a change has settled',
    { a: '1' },
    { a: ['2', old] },
    { kind: 'due', pointers: { a: '2' }, changedAt: new Date(now - old) },
  ],
  [
    'a change has just settled',
    { a: '1' },
    { a: ['2', settle] },
    { kind: 'due', pointers: { a: '2' }, changedAt: new Date(now - settle) },
  ],
  ['a change has not settled', { a: '1' }, { a: ['2', settle - 1] }, { kind: 'not-due' }],
  ['a change lies in the future, by another clock', { a: '1' }, { a: ['2', -60_000] }, { kind: 'not-due' }],
  [
    'one of two has changed: both pointers belong to the run',
    { a: '1', b: '1' },
    { a: ['2', 600_000], b: ['1', old] },
    { kind: 'due', pointers: { a: '2', b: '1' }, changedAt: new Date(now - 600_000) },
  ],
  [
    'both have changed: the moment is that of the later one',
    { a: '1', b: '1' },
    { a: ['2', 900_000], b: ['2', 600_000] },
    { kind: 'due', pointers: { a: '2', b: '2' }, changedAt: new Date(now - 600_000) },
  ],
  [
    'one has settled and the other is being written',
    { a: '1', b: '1' },
    { a: ['2', old], b: ['2', 0] },
    { kind: 'not-due' },
  ],
  [
    'one has changed while the other was touched just now',
    { a: '1', b: '1' },
    { a: ['2', old], b: ['1', 0] },
    { kind: 'not-due' },
  ],
  [
    'a segment has data of which nothing is known',
    { a: '1' },
    { a: ['1', old], b: ['1', old] },
    { kind: 'due', pointers: { a: '1', b: '1' }, changedAt: new Date(now - old) },
  ],
  ['a segment was taken out of the export', { a: '1', b: '1' }, { a: ['1', old] }, { kind: 'not-due' }],
])('%s', (_name, known, present, expected) => {
  expect(due(known, present)).toEqual(expected);
});

test.each<[string, Present, Parameters<typeof knownAt>[0], Record<string, string>]>([
  ['all data of today where no save is known', { a: ['1', 0] }, null, { a: '1' }],
  ['data of before the save', { a: ['1', 1], b: ['2', 2] }, ago(1), { a: '1', b: '2' }],
  ['no data of after the save', { a: ['1', 0], b: ['2', 1] }, ago(1), { b: '2' }],
])('a save takes as known %s', (_name, present, since, expected) => {
  expect(knownAt(since, states(present))).toEqual(expected);
});

test('an export is due exactly when something differs and everything has stood still, and never twice for the same data', () => {
  const pointer = fc.constantFrom('1', '2', '3');
  const age = fc.integer({ min: -600_000, max: 1_200_000 });
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), pointer),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.tuple(pointer, age), { minKeys: 1 }),
      (known, present) => {
        const differs = Object.entries(present).some(([name, [one]]) => known[name] !== one);
        const settled = Object.values(present).every(([, one]) => one >= settle);
        const found = due(known, present);
        expect(found.kind).toBe(differs && settled ? 'due' : 'not-due');
        if (found.kind !== 'due') return;
        expect(due({ ...known, ...found.pointers }, present)).toEqual({ kind: 'not-due' });
        expect(found.changedAt.getTime()).toBeLessThanOrEqual(now - settle);
      },
    ),
  );
});
