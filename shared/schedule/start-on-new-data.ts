// Starts a run of an export whose segments have new data.
import type { Export } from '../exports/export';
import type { Clock } from '../platform/clock';
import type { Runner } from '../runs/repair';
import { isKnown, type Lock } from '../runs/lock';
import { newDataRunId } from '../runs/run';
import type { RunStore } from '../runs/run-store';
import type { StartRun } from '../runs/start-run';
import type { PointerState } from '../segments/layout';
import type { ByNewData } from './governing';
import { knownAt, newDataDue } from './new-data';

export type StartOnNewData = (
  wanted: Export,
  by: ByNewData,
  lock: Lock,
  look: (segment: string) => Promise<PointerState>,
  runner: Runner,
) => Promise<void>;

export function makeStartOnNewData(deps: {
  readonly runs: RunStore;
  readonly startRun: StartRun;
  readonly clock: Clock;
  /** How long a changed commit pointer must stand still, in milliseconds. */
  readonly settle: number;
}): StartOnNewData {
  const { runs, startRun, clock, settle } = deps;

  return async (wanted, { since }, found, look, runner) => {
    const present = new Map<string, PointerState>();
    for (const name of wanted.segments) present.set(name, await look(name));
    // Whoever saved the export died before its data was taken as known, or the refresh was changed to this since.
    const lock = isKnown(found, since) ? found : await runs.know(wanted.id, since, knownAt(since, present));
    // It stays due until the export is free.
    if (lock.runId) return;
    const dueness = newDataDue(lock.pointers ?? {}, present, clock.now(), settle);
    if (dueness.kind !== 'due') return;
    const id = newDataRunId(wanted.id, dueness.changedAt, dueness.pointers);
    const pointers = { ...dueness.pointers };
    const started = await startRun(wanted, { id, trigger: { kind: 'new-data' }, pointers });
    if (started.kind === 'started') await runner.start(id);
  };
}
