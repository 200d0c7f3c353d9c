// Starts a run of an export: the one place where a run begins, whoever asks for it.
import type { Export } from '../exports/export';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Run } from './run';
import type { RunStore } from './run-store';

export type Started =
  | { readonly kind: 'started'; readonly run: Run }
  /** The export's other run is on. */
  | { readonly kind: 'busy'; readonly runId: string }
  /** This very run has been already. */
  | { readonly kind: 'done' };

export type StartRun = (wanted: Export, start: Pick<Run, 'id' | 'trigger' | 'pointers'>) => Promise<Started>;

/** @throws when the export has no connection: callers ask first. */
export function makeStartRun({ runs, clock, log }: { runs: RunStore; clock: Clock; log: Log }): StartRun {
  return async (wanted, { id, trigger, pointers }) => {
    if (!wanted.connectionId) throw new Error(`export ${wanted.id} has no connection`);
    const run: Run = {
      id,
      exportId: wanted.id,
      exportName: wanted.name,
      connectionId: wanted.connectionId,
      listId: null,
      segments: [...wanted.segments],
      trigger,
      status: 'Queued',
      cancelRequested: false,
      createdAt: new Date(clock.now()).toISOString(),
      startedAt: null,
      endedAt: null,
      pointers,
      reason: null,
      warnings: [],
      counts: null,
      rejectedByReason: null,
      cutByField: null,
      rejects: null,
    };
    const outcome = await runs.start(run);
    if (outcome.kind !== 'started') return outcome;
    log.info('run.queued', {
      run: id,
      export: wanted.id,
      connection: run.connectionId,
      trigger: trigger.kind,
    });
    return { kind: 'started', run };
  };
}
