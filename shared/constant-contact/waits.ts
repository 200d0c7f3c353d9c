// How long to wait for Constant Contact: pure rules, apart from the waiting itself.

export const DAY_MILLISECONDS = 86_400_000;

/** The pause after `throttled`, as long as no `Retry-After` asks for another. The limit is per second. */
const THROTTLE_PAUSE_MILLISECONDS = 1000;

/** Callers that were throttled together come back spread over this time. */
const THROTTLE_JITTER_MILLISECONDS = 500;

/** "Quota exceeded" this soon after 00:00 UTC is taken for the old day's: their clock and ours differ a little. */
const RESET_ROOM_MILLISECONDS = 120_000;
const RESET_RETRY_MILLISECONDS = 60_000;

/** The UTC day of a moment, such as `2026-04-28`. */
export const dayOf = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

export const startOfDay = (moment: number): number =>
  Math.floor(moment / DAY_MILLISECONDS) * DAY_MILLISECONDS;

/** The next 00:00 UTC after `moment`: when Constant Contact counts a day's calls from nought again. */
export const startOfNextDay = (moment: number): number => startOfDay(moment) + DAY_MILLISECONDS;

/** When to call again after `quota_exceeded`. Taking the word of a clock that is seconds behind would cost a whole day. */
export function quotaReset(now: number, retryAfterMilliseconds?: number): number {
  if (retryAfterMilliseconds !== undefined) return now + retryAfterMilliseconds;
  return now - startOfDay(now) < RESET_ROOM_MILLISECONDS
    ? now + RESET_RETRY_MILLISECONDS
    : startOfNextDay(now);
}

/** Reads a `Retry-After` header: seconds or an HTTP date. @returns milliseconds from `now`, at most a day. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : httpDate(text) - now;
  return Number.isNaN(milliseconds)
    ? undefined
    : Math.min(Math.max(0, Math.round(milliseconds)), DAY_MILLISECONDS);
}

/** `Date.parse` alone reads far more than dates, such as `-5`. */
const httpDate = (text: string) => (/^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : NaN);

/** The pause before a throttled call is made again. `random` is at least 0 and below 1. */
export const throttlePause = (retryAfterMilliseconds: number | undefined, random: number): number =>
  (retryAfterMilliseconds ?? THROTTLE_PAUSE_MILLISECONDS) + Math.round(random * THROTTLE_JITTER_MILLISECONDS);
