// Waits for a condition: looks, pauses a moment, and looks again. What ends the wait is the condition, never the pause.
import { setTimeout as delay } from 'node:timers/promises';

/** It did not come to that in time. */
export class DeadlinePassed extends Error {
  readonly code = 'deadline-passed';
}

const pauseMs = 50;

/**
 * @param condition answers what is waited for, or `false` or `undefined` as long as it is not there.
 * @param deadlineMs from now; the first look is always taken.
 * @throws {DeadlinePassed}
 */
export async function until<T>(
  condition: () => Promise<T> | T,
  deadlineMs = 30_000,
): Promise<Exclude<T, false | undefined>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await condition();
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    if (performance.now() > end)
      throw new DeadlinePassed(`it did not come to that within ${deadlineMs / 1000} s: ${String(condition)}`);
    await delay(pauseMs);
  }
}
