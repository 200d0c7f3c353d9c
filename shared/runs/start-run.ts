// Starts a run of an export: the one place where a run begins, whoever asks for it.
import type { Export } from '../exports/export';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { runSchema, type Run } from './run';
import type { RunStore } from './run-store';

export type Started =
  | { readonly kind: 'started'; readonly run: Run }
  /** The export's other run is on. */
  | { readonly kind: 'busy'; readonly runId: string }
  /** This very run has been already. */
  | { readonly kind: 'done' };

export type StartRun = (wanted: Export, start: Pick<Run, 'id' | 'trigger' | 'pointers'>) => Promise<Started>;

/** A run of which nothing is known but who asked for it. */
export const queuedRun = (
  given: Pick<Run, 'id' | 'exportId' | 'exportName' | 'connectionId' | 'segments' | 'trigger' | 'createdAt'>,
): Run =>
  runSchema.parse({
    listId: null,
    status: 'Queued',
    cancelRequested: false,
    startedAt: null,
    endedAt: null,
    pointers: {},
    reason: null,
    warnings: [],
    counts: null,
    rejectedByReason: null,
    cutByField: null,
    rejects: null,
    ...given,
  });

export const logQueued = (log: Log, { id, exportId, connectionId, trigger }: Run): void =>
  log.info('run.queued', { run: id, export: exportId, connection: connectionId, trigger: trigger.kind });

/** @throws when the export has no connection: callers ask first. */
export function makeStartRun({ runs, clock, log }: { runs: RunStore; clock: Clock; log: Log }): StartRun {
  return async (wanted, { id, trigger, pointers }) => {
    if (!wanted.connectionId) throw new Error(`export ${wanted.id} has no connection`);
    const run = {
      ...queuedRun({
        id,
        exportId: wanted.id,
        exportName: wanted.name,
        connectionId: wanted.connectionId,
        segments: wanted.segments,
        trigger,
        createdAt: new Date(clock.now()).toISOString(),
      }),
      pointers,
    };
    const outcome = await runs.start(run);
    if (outcome.kind !== 'started') return outcome.kind === 'busy' ? outcome : { kind: 'done' };
    logQueued(log, run);
    return { kind: 'started', run };
  };
}
