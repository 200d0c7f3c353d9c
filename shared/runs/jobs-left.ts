// What has become, since a run ended, of the import jobs that it left on their way. Pure.
import type { ImportJob } from '../constant-contact/schemas';
import { fileNameOf } from './import-record';
import type { Fate } from './report';

export interface JobsLeft {
  /** The jobs that have completed since, by batch. */
  readonly through: ReadonlyMap<number, ImportJob>;
  /** How many are open, or may still show up. */
  readonly open: number;
  /** When it is worth another look, in milliseconds since 1970. */
  readonly lookAgainAt: number;
}

/** Jobs take minutes. Milliseconds. */
const openPause = 300_000;

const ended: ReadonlySet<ImportJob['state']> = new Set(['completed', 'failed', 'timed_out', 'cancelled']);

/** Whether the run ended before anybody knew what became of the batch. */
export const wasOnItsWay = ({ state }: Fate): boolean =>
  state === 'claimed' || state === 'open' || state === 'unconfirmed';

/** @param lateAt until when a job that the run sent may show up first, in milliseconds since 1970. */
export function jobsLeft(
  runId: string,
  fates: readonly Fate[],
  listed: readonly ImportJob[],
  now: number,
  lateAt: number,
): JobsLeft {
  const through = new Map<number, ImportJob>();
  let open = 0;
  let missing = 0;
  for (const { batch, attempts, job: jobId } of fates.filter(wasOnItsWay)) {
    const name = fileNameOf(runId, batch, attempts);
    // Two of one file, as the first showed up late: whoever is in one of them is in the other.
    const jobs = listed.filter(({ id, fileName }) => id === jobId || fileName === name);
    const completed = jobs.find(({ state }) => state === 'completed');
    if (jobs.some(({ state }) => !ended.has(state))) open++;
    else if (completed) through.set(batch, completed);
    else if (jobs.length === 0 && now < lateAt) missing++;
  }
  return { through, open: open + missing, lookAgainAt: open > 0 ? now + openPause : lateAt };
}
