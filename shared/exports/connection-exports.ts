// What the removal of a connection asks of exports and runs. Each of it can be repeated.
import type { ConnectionExports } from '../connections/remove';
import type { Clock } from '../platform/clock';
import { isOver } from '../runs/run';
import type { RunStore } from '../runs/run-store';
import { changedExport } from './export';
import type { ExportStore } from './export-store';

export interface ConnectionExportsDeps {
  readonly exports: ExportStore;
  readonly runs: Pick<RunStore, 'lock' | 'get' | 'update'>;
  readonly clock: Clock;
  /** Cuts short what a run waits for, so that it sees that it shall stop. */
  readonly wake: (runId: string) => Promise<void>;
}

export function makeConnectionExports(deps: ConnectionExportsDeps): ConnectionExports {
  const { exports, runs, clock, wake } = deps;

  const detach: ConnectionExports['detach'] = async (exportId, by, connectionId) => {
    for (;;) {
      const found = await exports.get(exportId);
      // Somebody may have given it another connection meanwhile.
      if (found?.value.connectionId !== connectionId) return;
      const detached = changedExport(found.value, { connectionId: null }, { by, at: clock.now() });
      if (await exports.change(detached, found.etag)) return;
    }
  };

  return {
    async dependents(connectionId) {
      const found: { id: string; name: string }[] = [];
      for await (const each of exports.list())
        if (each.connectionId === connectionId) found.push({ id: each.id, name: each.name });
      return found;
    },

    detach,

    async remove(exportId, by, connectionId) {
      for (;;) {
        const found = await exports.get(exportId);
        if (found?.value.connectionId !== connectionId) return;
        // A run that began with another connection goes on; without its export nobody would find it any more.
        if ((await runs.lock(exportId)).runId !== null) return detach(exportId, by, connectionId);
        if (await exports.remove(exportId, found.etag)) return;
      }
    },

    async cancelRuns(connectionId) {
      let on = 0;
      // All exports are looked at: the run of one that has been detached since may still be on.
      for await (const { id } of exports.list()) {
        const { runId } = await runs.lock(id);
        const run = runId === null ? undefined : await runs.get(runId);
        if (!run || isOver(run.status) || run.connectionId !== connectionId) continue;
        on += 1;
        await runs.update(run.id, (before) => ({ ...before, cancelRequested: true }));
        await wake(run.id);
      }
      return on;
    },
  };
}
