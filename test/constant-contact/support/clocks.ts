// Two clocks for tests. Neither waits in real time.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../shared/platform/clock';

/** Jumps ahead by whatever anybody sleeps, and keeps the sleeps. For code that waits in one place at a time. */
export function makeJumpingClock(start: number) {
  let now = start;
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => now,
    async sleep(milliseconds) {
      sleeps.push(milliseconds);
      now += milliseconds;
      await turn();
    },
  };
  return {
    clock,
    sleeps,
    advance(milliseconds: number) {
      now += milliseconds;
    },
  };
}

/** So long may requests to tables in memory go on without anybody asleep. */
const mostIdleTurns = 1_000;

/** Many sleepers in one simulated time: it moves to the next wake-up whenever nobody can go on without. */
export function makeVirtualClock(start: number, overshoot: () => number = () => 0) {
  let now = start;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const exact = (milliseconds: number) =>
    new Promise<void>((wake) => void sleepers.push({ at: now + Math.max(0, milliseconds), wake }));
  const clock: Clock = { now: () => now, sleep: (milliseconds) => exact(milliseconds + overshoot()) };
  return {
    clock,
    /** A sleep that ends on time, for what the test itself simulates. */
    exact,
    /** Runs the simulation until `work` has ended. */
    async run<T>(work: Promise<T>): Promise<T> {
      const state = { ended: false };
      const end = () => void (state.ended = true);
      work.then(end, end);
      let idle = 0;
      for (;;) {
        // One more than a table in memory takes for a request.
        await turn();
        await turn();
        if (state.ended) return work;
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers.shift();
        if (!next) {
          if (++idle > mostIdleTurns) throw new Error('everybody waits for something that never comes');
          continue;
        }
        idle = 0;
        now = Math.max(now, next.at);
        next.wake();
      }
    },
  };
}
