// When new data makes an export due: a commit pointer of one of its segments has changed since its last run, and has settled.
export interface SegmentState {
  readonly pointer: string;
  /** When the pointer changed, in UTC (ISO 8601). */
  readonly changedAt: string;
}

export type Dueness =
  | { readonly kind: 'due'; readonly pointers: Readonly<Record<string, string>>; readonly changedAt: Date }
  /** The export has never run: the data of today counts as known, as saving an export never starts it. */
  | { readonly kind: 'first-sight'; readonly pointers: Readonly<Record<string, string>> }
  | { readonly kind: 'not-due' };

/**
 * @param known the pointers that the last run read, however it ended, by segment; `null` when nothing is known yet.
 * @param settle how long a changed pointer must stand still, in milliseconds.
 */
export function newDataDue(
  known: Readonly<Record<string, string>> | null,
  present: ReadonlyMap<string, SegmentState>,
  now: number,
  settle: number,
): Dueness {
  const pointers = Object.fromEntries([...present].map(([name, { pointer }]) => [name, pointer]));
  if (known === null) return { kind: 'first-sight', pointers };
  const changed = [...present].filter(([name, { pointer }]) => known[name] !== pointer);
  if (changed.length === 0) return { kind: 'not-due' };
  const times = [...present.values()].map(({ changedAt }) => Date.parse(changedAt));
  const changedAt = Math.max(...changed.map(([, state]) => Date.parse(state.changedAt)));
  // No segment of the export may be in the middle of being written, also one that had changed before.
  if (Math.max(...times) + settle > now) return { kind: 'not-due' };
  return { kind: 'due', pointers, changedAt: new Date(changedAt) };
}
