// How often a segment usually changes, so that somebody can be told when it has not for longer.

/** So many changes of a segment are worth keeping. */
export const MOST_CHANGES = 8;

/** Fewer intervals than this say nothing about what is usual. */
const LEAST_INTERVALS = 3;

/**
 * @param changes when the segment changed, oldest first, in UTC (ISO 8601).
 * @returns the longest of the intervals between them, in seconds; `undefined` while there are too few of them.
 */
export function usualSeconds(changes: readonly string[]): number | undefined {
  const times = changes.slice(-MOST_CHANGES).map((change) => Date.parse(change));
  const intervals = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return intervals.length < LEAST_INTERVALS ? undefined : Math.round(Math.max(...intervals) / 1000);
}
