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

/** @param settle how long an accepted job may take to show up in the listing, in milliseconds. */
export function jobsLeft(
  runId: string,
  fates: readonly Fate[],
  listed: readonly ImportJob[],
  now: number,
  settle: number,
): JobsLeft {
  const through = new Map<number, ImportJob>();
  /** When to look again, for each that is open. */
  const again: number[] = [];
  for (const { batch, attempts, job: jobId, sentBy } of fates.filter(wasOnItsWay)) {
    const name = fileNameOf(runId, batch, attempts);
    // Two of one file, as the first showed up late: whoever is in one of them is in the other.
    const jobs = listed.filter(({ id, fileName }) => id === jobId || fileName === name);
    const completed = jobs.find(({ state }) => state === 'completed');
    const showsUpBy = sentBy === null ? 0 : Date.parse(sentBy) + settle;
    if (jobs.some(({ state }) => !ended.has(state))) again.push(now + openPause);
    else if (completed) through.set(batch, completed);
    else if (jobs.length === 0 && now < showsUpBy) again.push(showsUpBy);
  }
  return { through, open: again.length, lookAgainAt: Math.max(now, ...again) };
}
