// Which due time an export owes a run, derived from how far its times were considered: however often somebody looks, and however
// late, no time is skipped and none is owed twice.
import { z } from 'zod';
import type { ByTimes } from './governing';
import { firstDue } from './times';

/** A run that is owed, because its time has come. */
export const dueSchema = z.strictObject({
  kind: z.enum(['refresh', 'schedule']),
  dueAt: z.iso.datetime(),
  /** How late it was noticed, in seconds; `null` when it was noticed in time. */
  missedBy: z.int().min(0).nullable(),
});
export type Due = z.output<typeof dueSchema>;

export const scheduleStateSchema = z.strictObject({
  /** Due times up to this moment were considered; UTC (ISO 8601). */
  consideredAt: z.iso.datetime(),
  /** Owed, and not started yet: the export was busy, or somebody died over it. Later times that passed meanwhile are part of it. */
  due: dueSchema.nullable(),
});
export type ScheduleState = z.output<typeof scheduleStateSchema>;

/** What is owed from before, unless the schedule was changed since. */
export const stillDue = (state: ScheduleState | undefined, { since }: ByTimes): Due | null =>
  state?.due && (since === null || state.due.dueAt > since) ? state.due : null;

/**
 * @param missedAfter how late is too late, in milliseconds.
 * @returns the same state when no time has come.
 */
export function consider(
  before: ScheduleState | undefined,
  by: ByTimes,
  now: number,
  missedAfter: number,
): ScheduleState {
  const starts = [before?.consideredAt, by.since].flatMap((at) => (at == null ? [] : [Date.parse(at)]));
  const from = starts.length === 0 ? now : Math.max(...starts);
  const owed = stillDue(before, by);
  const dueAt = firstDue(by.times, from, now);
  if (dueAt === undefined) {
    return before && before.due === owed ? before : { consideredAt: new Date(from).toISOString(), due: owed };
  }
  const late = now - dueAt;
  return {
    consideredAt: new Date(now).toISOString(),
    due: owed ?? {
      kind: by.trigger,
      dueAt: new Date(dueAt).toISOString(),
      missedBy: late > missedAfter ? Math.round(late / 1000) : null,
    },
  };
}
