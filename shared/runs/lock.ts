// The lock of an export, and what is remembered with it of the runs that have been: written together with the final row of each. Pure.
import { z } from 'zod';
import { hasSent, type Run } from './run';

/** One row per export. `runId` names the run that is on; `pointers` are those that the last run read, however it ended, by segment. */
export const lockSchema = z.strictObject({
  runId: z.string().nullable(),
  pointers: z.record(z.string(), z.string()).nullable(),
  /** The save of the export up to which data counts as known (UTC, ISO 8601); `null` before the first. */
  knownSince: z.iso.datetime().nullable().default(null),
  /** What the run that is on had read of that data: where it reads nothing else later, `pointers` stay as they are. */
  readBefore: z.record(z.string(), z.string()).nullable().default(null),
  /** What the last run sent, all of it, as the run's `fingerprint`; `null` when it left something, or there was none. */
  sentAll: z.string().nullable().default(null),
  /** The last run of which anything reached Constant Contact. */
  lastSent: z.strictObject({ runId: z.string(), endedAt: z.string() }).nullable().default(null),
  /** Whether the last run that was neither canceled nor skipped has failed. */
  failing: z.boolean().default(false),
  /** A change of that which has not been told yet. */
  untold: z
    .strictObject({ runId: z.string(), what: z.enum(['failed-for-good', 'recovered']) })
    .nullable()
    .default(null),
});
export type Lock = z.output<typeof lockSchema>;

export const noLock: Lock = lockSchema.parse({ runId: null, pointers: null });

/** Whether it is settled which data counts as known for an export that was saved then; `null`: saved before that was kept. */
export const isKnown = ({ pointers, knownSince }: Lock, since: string | null): boolean =>
  pointers !== null && (since === null || (knownSince !== null && knownSince >= since));

/** A run that ended before it looked at the data leaves what is known as it is: nothing, at first. */
function knownAfter(
  { pointers: known, readBefore }: Lock,
  read: Readonly<Record<string, string>>,
): Lock['pointers'] {
  if (known === null && Object.keys(read).length === 0) return null;
  const news = Object.entries(read).filter(([segment, pointer]) => readBefore?.[segment] !== pointer);
  return { ...known, ...Object.fromEntries(news) };
}

/** The lock when this run, which held it, is over. */
export function lockAfter(lock: Lock, run: Run): Lock {
  const { id: runId, status } = run;
  const endedWell = status === 'Successful' || status === 'Completed with warnings';
  const failing = status === 'Failed' || (lock.failing && !endedWell);
  const what = failing ? 'failed-for-good' : 'recovered';
  const sentAll = endedWell && run.batchesLeft === 0 ? run.fingerprint : null;
  return {
    ...lock,
    runId: null,
    pointers: knownAfter(lock, run.pointers),
    readBefore: null,
    sentAll: status === 'Skipped' ? lock.sentAll : sentAll,
    lastSent: hasSent(run) ? { runId, endedAt: run.endedAt ?? run.createdAt } : lock.lastSent,
    failing,
    untold: failing === lock.failing ? lock.untold : { runId, what },
  };
}

/** Whether a run that came later than this one, which is over, has sent something. */
export const isOvertaken = ({ lastSent }: Lock, { id, endedAt }: Pick<Run, 'id' | 'endedAt'>): boolean =>
  lastSent !== null && lastSent.runId !== id && endedAt !== null && lastSent.endedAt > endedAt;
