// When new data makes an export due: a commit pointer of one of its segments is not the known one, and has settled.
import type { PointerState } from '../segments/layout';

/** Pointers by segment. */
export type Pointers = Readonly<Record<string, string>>;

export type Dueness =
  | { readonly kind: 'due'; readonly pointers: Pointers; readonly changedAt: Date }
  | { readonly kind: 'not-due' };

/**
 * The data that a save at `since` takes as known: what was there by then. Where it changed later, what was known before stays known.
 * Without `since`, it is all data of today.
 */
export function knownAt(since: string | null, present: ReadonlyMap<string, PointerState>): Pointers {
  const known = [...present].filter(([, { changedAt }]) => since === null || changedAt <= since);
  return Object.fromEntries(known.map(([name, { pointer }]) => [name, pointer]));
}

/**
 * @param known the pointers that the last run read, however it ended, or that the last save took as known.
 * @param settle how long a changed pointer must stand still, in milliseconds.
 */
export function newDataDue(
  known: Pointers,
  present: ReadonlyMap<string, PointerState>,
  now: number,
  settle: number,
): Dueness {
  const changed = [...present].filter(([name, { pointer }]) => known[name] !== pointer);
  if (changed.length === 0) return { kind: 'not-due' };
  const times = [...present.values()].map(({ changedAt }) => Date.parse(changedAt));
  const changedAt = Math.max(...changed.map(([, state]) => Date.parse(state.changedAt)));
  // No segment of the export may be in the middle of being written, also one that had changed before.
  if (Math.max(...times) + settle > now) return { kind: 'not-due' };
  const pointers = Object.fromEntries([...present].map(([name, { pointer }]) => [name, pointer]));
  return { kind: 'due', pointers, changedAt: new Date(changedAt) };
}
