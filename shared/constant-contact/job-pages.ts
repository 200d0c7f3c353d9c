// When the pages of jobs have gone back far enough. Pure.
import type { ImportJob } from './schemas';

/** The jobs' times are Constant Contact's, in whole seconds; the run's are ours. */
const CLOCK_ROOM_MILLISECONDS = 300_000;

const createdAt = (job: ImportJob) => Date.parse(job.createdAt ?? '');

/**
 * Makes a rule that says, page by page, whether all jobs since then have been read.
 * The order is not documented. So it trusts that older jobs follow only as long as the jobs it has seen are in that order.
 */
export function readBackTo(since: number): (page: readonly ImportJob[]) => boolean {
  let last = Infinity;
  let newestFirst = true;
  return (page) => {
    for (const time of page.map(createdAt).filter((value) => !Number.isNaN(value))) {
      if (time > last) newestFirst = false;
      last = time;
    }
    return newestFirst && last < since - CLOCK_ROOM_MILLISECONDS;
  };
}

/** Each job once, newest first, without those that are older than `since` for sure. A job that moved from page to page keeps its latest state. */
export function jobsSince(since: number, jobs: readonly ImportJob[]): ImportJob[] {
  const time = (job: ImportJob) => createdAt(job) || 0;
  return [...new Map(jobs.map((job) => [job.id, job])).values()]
    .filter((job) => !(createdAt(job) < since - CLOCK_ROOM_MILLISECONDS))
    .sort((a, b) => time(b) - time(a));
}
