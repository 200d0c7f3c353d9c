// Makes a call again while what keeps it from being answered passes, for half a minute or so: somebody waits at a browser.
import { WaitForSlot } from '../constant-contact/budget';
import { isUnavailable, Throttled } from '../constant-contact/errors';
import type { Clock } from '../platform/clock';

const PATIENCE_MILLISECONDS = 30_000;
const FIRST_PAUSE_MILLISECONDS = 500;

/** @throws what the last try threw. */
export async function patiently<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const started = clock.now();
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause *= 2) {
    try {
      return await work();
    } catch (error) {
      const passes = error instanceof WaitForSlot || error instanceof Throttled || isUnavailable(error);
      const wait = error instanceof WaitForSlot ? Math.max(pause, error.until - clock.now()) : pause;
      if (!passes || clock.now() + wait - started > PATIENCE_MILLISECONDS) throw error;
      await clock.sleep(wait);
    }
  }
}
