// Since when a segment stands still, by what its files say and by what was seen of it.
import { z } from 'zod';
import type { PointerState } from '../segments/layout';
import { MOST_CHANGES } from './usual-interval';

export const seenSegmentSchema = z.strictObject({
  name: z.string(),
  pointer: z.string(),
  /** Since when the pointer has been this one. */
  since: z.iso.datetime(),
  /** When it last changed, oldest first, `since` included. */
  changes: z.array(z.iso.datetime()).default([]),
});
export type SeenSegment = z.output<typeof seenSegmentSchema>;

/**
 * What is known of a segment after another look at it. A file that is taken away leaves no time behind, and one that is moved in
 * brings an old one: then the moment counts at which the change was seen.
 * @returns the same value when nothing has changed.
 */
export function seenNow(
  before: SeenSegment | undefined,
  name: string,
  { pointer, changedAt }: PointerState,
  now: number,
): SeenSegment {
  if (before?.pointer === pointer) return before;
  const isTold = before === undefined || changedAt > before.since;
  const since = isTold ? changedAt : new Date(now).toISOString();
  return { name, pointer, since, changes: [...(before?.changes ?? []), since].slice(-MOST_CHANGES) };
}
