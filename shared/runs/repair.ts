// Repairs a run that a crash left behind: locked, but not on, as it was started without an orchestration or its orchestration ended
// without closing it.
import type { Log } from '../platform/log';
import type { CloseRun } from './close-run';
import type { Lock } from './lock';
import { isOver } from './run';
import type { RunStore } from './run-store';

/** The orchestrations, as far as the timer deals with them. */
export interface Runner {
  look(runId: string): Promise<{ readonly state: 'absent' | 'on' | 'over' }>;
  start(runId: string): Promise<void>;
}

/** @returns the export's lock as it is afterwards. */
export type Repair = (exportId: string, runner: Runner) => Promise<Lock>;

export function makeRepair(deps: {
  readonly runs: RunStore;
  readonly closeRun: CloseRun;
  readonly log: Log;
}): Repair {
  const { runs, closeRun, log } = deps;

  return async (exportId, runner) => {
    const lock = await runs.lock(exportId);
    const { runId } = lock;
    if (!runId) return lock;
    const before = await runs.get(runId);
    const { state } = await runner.look(runId);
    if (state === 'on') return lock;
    // Again, as it may have ended since, or have been started by whoever asked for it.
    const run = await runs.get(runId);
    if (run && isOver(run.status)) return runs.lock(exportId);
    if (state === 'absent' && before?.status === 'Queued') {
      if (run?.status !== 'Queued') return lock;
      log.warn('run.started-late', { run: runId, export: exportId });
      await runner.start(runId);
      return lock;
    }
    log.error('run.closed-late', { run: runId, export: exportId });
    await closeRun({ runId, reason: 'broken' });
    return runs.lock(exportId);
  };
}
