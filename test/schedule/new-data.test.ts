// When new data makes an export due: the rule, without anything around it.
import fc from 'fast-check';
import { newDataDue, type SegmentState } from '../../shared/schedule/new-data';

const now = Date.parse('2026-03-01T12:00:00Z');
const settle = 300_000;
const ago = (milliseconds: number) => new Date(now - milliseconds).toISOString();
const old = 86_400_000;

const due = (
  known: Readonly<Record<string, string>> | null,
  present: Readonly<Record<string, readonly [pointer: string, age: number]>>,
) =>
  newDataDue(
    known,
    new Map(
      Object.entries(present).map(([name, [pointer, age]]): [string, SegmentState] => [
        name,
        { pointer, changedAt: ago(age) },
      ]),
    ),
    now,
    settle,
  );

test.each<[string, Parameters<typeof due>[0], Parameters<typeof due>[1], ReturnType<typeof due>]>([
  [
    'an export that has never run only learns what there is',
    null,
    { a: ['1', old] },
    { kind: 'first-sight', pointers: { a: '1' } },
  ],
  ['also when the data is quite new', null, { a: ['1', 0] }, { kind: 'first-sight', pointers: { a: '1' } }],
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
    'a segment was added to the export',
    { a: '1' },
    { a: ['1', old], b: ['1', old] },
    { kind: 'due', pointers: { a: '1', b: '1' }, changedAt: new Date(now - old) },
  ],
  ['a segment was taken out of the export', { a: '1', b: '1' }, { a: ['1', old] }, { kind: 'not-due' }],
])('%s', (_name, known, present, expected) => {
  expect(due(known, present)).toEqual(expected);
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
