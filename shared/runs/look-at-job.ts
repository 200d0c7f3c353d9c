// What a look at Constant Contact's jobs makes of an import record. Pure.
import type { ImportJob } from '../constant-contact/schemas';
import { maxAttempts, withRemark, type ImportRecord } from './import-record';

export interface LookLimits {
  /** After this a job that does not end is given up as unconfirmed, in milliseconds. */
  readonly deadline: number;
  /** How long an accepted job may take to show up in the list of jobs, in milliseconds. */
  readonly settle: number;
}

/** The record when this job of it has completed. */
export function completedBy(record: ImportRecord, { id, counters }: ImportJob): ImportRecord {
  const { errors = 0, correctable = 0, cannotAddToList = 0 } = counters;
  const readable = ![errors, correctable, cannotAddToList].some(Number.isNaN);
  const completed: ImportRecord = {
    ...record,
    state: 'completed',
    jobId: id,
    ended: 'completed',
    counters: {
      errorCount: errors || 0,
      correctableCount: correctable || 0,
      cannotAddToListCount: cannotAddToList || 0,
    },
  };
  return readable ? completed : withRemark(completed, 'counters-unreadable');
}

/** @param job the job of this record, found by its id or by its file's name; `undefined` when Constant Contact knows none. */
export function lookAtJob(
  record: ImportRecord,
  job: ImportJob | undefined,
  now: number,
  { deadline }: LookLimits,
): ImportRecord {
  if (record.state !== 'open' && record.state !== 'claimed') return record;
  const acceptedAt = record.acceptedAt ?? now;
  const lapsed = record.state === 'open' && now - acceptedAt >= deadline;
  if (!job) return lapsed ? { ...record, state: 'unconfirmed' } : record;

  const found = { ...record, jobId: job.id, acceptedAt, unseenSince: undefined };
  switch (job.state) {
    case 'completed':
      return completedBy(found, job);
    case 'failed':
    case 'timed_out':
    case 'cancelled':
      return { ...found, state: 'failed', ended: job.state };
    default: {
      // Most looks change nothing; then the record is the same object, and nothing is written.
      const known = record.state === 'open' && record.jobId === job.id && record.unseenSince === undefined;
      return known && !lapsed ? record : { ...found, state: lapsed ? 'unconfirmed' : 'open' };
    }
  }
}

/**
 * What becomes of a record while Constant Contact is away. A job is given up after its deadline, but not before somebody has tried
 * to look at it for the settle time: the deadline may have passed while nobody looked.
 */
export function lookInVain(
  record: ImportRecord,
  now: number,
  { deadline, settle }: LookLimits,
): ImportRecord {
  if (record.state !== 'open') return record;
  const unseenSince = record.unseenSince ?? now;
  const lapsed = now - (record.acceptedAt ?? now) >= deadline && now - unseenSince >= settle;
  return { ...record, unseenSince, ...(lapsed && { state: 'unconfirmed' }) };
}

export const isOnItsWay = (record: ImportRecord, now: number, { settle }: LookLimits): boolean =>
  record.state === 'open' || (record.state === 'claimed' && now < record.until + settle);

/** The attempt that this batch needs next, if any. A job that somebody cancelled at Constant Contact is not sent again. */
export function attemptNeeded(record: ImportRecord, now: number, limits: LookLimits): number | undefined {
  if (record.state === 'failed') {
    const again = record.ended !== 'cancelled' && record.attempt < maxAttempts;
    return again ? record.attempt + 1 : undefined;
  }
  const notAccepted =
    record.state === 'free' || (record.state === 'claimed' && !isOnItsWay(record, now, limits));
  return notAccepted ? record.attempt : undefined;
}
