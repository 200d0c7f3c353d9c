// Tells operators whether an export fails, again and again: an alert sees two days of events at most, and a failure can last longer.
import type { Export } from '../exports/export';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Lock } from '../runs/lock';
import type { RunStore } from '../runs/run-store';

/** Well within what an alert sees; more often would only cost storage. */
const PAUSE_MILLISECONDS = 3_600_000;

/** Among so many of the newest runs is the one that failed, behind those that were canceled or skipped since. */
const RUNS_LOOKED_AT = 20;

/** For every look at an export: each is told of once an hour. */
export type ReportExport = (wanted: Export, lock: Lock) => Promise<void>;

export function makeReportExport(deps: {
  readonly runs: Pick<RunStore, 'page'>;
  readonly clock: Clock;
  readonly log: Log;
}): ReportExport {
  const { runs, clock, log } = deps;
  const reportedAt = new Map<string, number>();

  return async ({ id, connectionId }, { failing }) => {
    const now = clock.now();
    if (now - (reportedAt.get(id) ?? -Infinity) < PAUSE_MILLISECONDS) return;
    reportedAt.set(id, now);
    const of = { export: id, connection: connectionId ?? undefined };
    if (!failing) {
      log.info('export.checked', { ...of, outcome: 'not-failing' });
      return;
    }
    const { rows } = await runs.page({ exportId: id, limit: RUNS_LOOKED_AT });
    const failed = rows.find(({ value }) => value.status === 'Failed')?.value;
    log.info('export.checked', {
      ...of,
      outcome: 'failing',
      run: failed?.id,
      reason: failed?.reason?.code,
    });
  };
}
