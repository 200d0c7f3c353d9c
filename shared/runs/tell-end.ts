// What the log says of a run that is over, and of an export that begins or ends to fail.
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Run } from './run';
import type { RunStore } from './run-store';

export function tellEnd({ log, clock }: { log: Log; clock: Clock }, run: Run): void {
  const of = { run: run.id, export: run.exportId, connection: run.connectionId };
  for (const [reason, rows] of Object.entries(run.rejectedByReason ?? {}))
    log.info('run.rejected', { ...of, reason, rows });
  log.info('run.ended', {
    ...of,
    trigger: run.trigger.kind,
    outcome: run.status,
    reason: run.reason?.code,
    seconds: Math.round((clock.now() - Date.parse(run.createdAt)) / 1000),
    waitedSeconds: run.phases?.find(({ phase }) => phase === 'waiting')?.seconds,
    requests: run.requests ?? undefined,
    ...run.counts,
  });
}

/** Tells that the export fails, or does so no longer: until it is told, the lock says that it is to be. */
export async function tellChange({ log, runs }: { log: Log; runs: RunStore }, run: Run): Promise<void> {
  const { untold } = await runs.lock(run.exportId);
  if (untold?.runId !== run.id) return;
  const of = { run: run.id, export: run.exportId, connection: run.connectionId };
  if (untold.what === 'recovered') log.info('export.recovered', of);
  else log.error('export.failed-for-good', { ...of, reason: run.reason?.code });
  await runs.told(run.id);
}
