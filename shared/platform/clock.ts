// Time as an argument: the app's only source of "now" and of short waits.
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** The present moment, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Resolves after `milliseconds`. For waits of seconds; longer ones are durable timers. */
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => delay(milliseconds).then(() => undefined),
};
