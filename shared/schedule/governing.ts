// What starts the runs of an export by itself: the deployment's refresh, times of its own, or nothing.
import type { Export } from '../exports/export';
import type { Refresh } from './refresh-schedule';
import type { Times } from './schedule';
import { nextDue } from './times';

export interface ByNewData {
  readonly kind: 'new-data';
  /** Only what changes later starts a run; UTC (ISO 8601). `null`: all along. */
  readonly since: string | null;
}

export interface ByTimes {
  readonly kind: 'times';
  readonly trigger: 'refresh' | 'schedule';
  readonly times: Times;
  /** Only later times count; UTC (ISO 8601). */
  readonly since: string | null;
}

export type Governing = ByNewData | ByTimes | { readonly kind: 'nothing' };

const nothing: Governing = { kind: 'nothing' };

const later = (a: string | null, b: string | null) => (a === null || (b !== null && b > a) ? b : a);

export type Scheduled = Pick<Export, 'connectionId' | 'schedule' | 'knownSince' | 'scheduledSince'>;

export function governing(wanted: Scheduled, refresh: Refresh): Governing {
  const { connectionId, schedule, knownSince, scheduledSince } = wanted;
  if (connectionId === null || schedule.kind === 'off') return nothing;
  if (schedule.kind === 'times') {
    return { kind: 'times', trigger: 'schedule', times: schedule, since: scheduledSince };
  }
  if (refresh.schedule.kind === 'off') return nothing;
  if (refresh.schedule.kind === 'new-data')
    return { kind: 'new-data', since: later(knownSince, refresh.changedAt) };
  const since = later(scheduledSince, refresh.changedAt);
  return { kind: 'times', trigger: 'refresh', times: refresh.schedule, since };
}

/** Whether it has a connection and an active schedule. */
export const isScheduled = (wanted: Scheduled, refresh: Refresh): boolean =>
  governing(wanted, refresh).kind !== 'nothing';

/** When it runs next by itself, in UTC (ISO 8601); `null` when nothing tells, as new data comes when it comes. */
export function nextRunAt(wanted: Scheduled, refresh: Refresh, now: number): string | null {
  const by = governing(wanted, refresh);
  const at = by.kind === 'times' ? nextDue(by.times, now) : undefined;
  return at === undefined ? null : new Date(at).toISOString();
}
