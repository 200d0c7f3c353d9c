// How long a run still takes, as far as one can tell.
import { slotDistance } from '../constant-contact/budget-row';

/** An import job of Constant Contact takes minutes rather than seconds; its documentation names no figure. */
const typicalJobSeconds = 60;

export interface Remaining {
  readonly unsent: number;
  readonly open: number;
  readonly requestsPerSecond: number;
  /** What one job has taken so far in this run, in milliseconds; `undefined` before the first has ended. */
  readonly jobMilliseconds: number | undefined;
}

/** Seconds: sending at the pace of the request budget, then one job's time. */
export function estimateSeconds({ unsent, open, requestsPerSecond, jobMilliseconds }: Remaining): number {
  if (unsent + open === 0) return 0;
  const job = jobMilliseconds === undefined ? typicalJobSeconds : jobMilliseconds / 1000;
  return Math.ceil((unsent * slotDistance(requestsPerSecond)) / 1000 + job);
}
