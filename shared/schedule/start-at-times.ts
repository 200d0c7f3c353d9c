// Starts a run of an export of which a due time has come, and remembers what is owed while the export is busy.
import type { Export } from '../exports/export';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Stored } from '../platform/tables';
import type { Runner } from '../runs/repair';
import { scheduledRunId } from '../runs/run';
import type { RunStore } from '../runs/run-store';
import type { StartRun } from '../runs/start-run';
import { consider, stillDue, type Due, type ScheduleState } from './due-times';
import type { ByTimes } from './governing';
import type { ScheduleStore } from './schedule-store';

export type StartAtTimes = (
  wanted: Export,
  by: ByTimes,
  state: Stored<ScheduleState> | undefined,
  runner: Runner,
) => Promise<void>;

export function makeStartAtTimes(deps: {
  readonly schedules: ScheduleStore;
  readonly runs: RunStore;
  readonly startRun: StartRun;
  readonly clock: Clock;
  readonly log: Log;
  /** How late a due time may be noticed before it counts as missed, in milliseconds. */
  readonly missedAfter: number;
}): StartAtTimes {
  const { schedules, runs, startRun, clock, log, missedAfter } = deps;

  /** @returns when the run that is owed was started, now or by somebody who died before saying so; `undefined`: another one is on. */
  async function begin(wanted: Export, due: Due, runner: Runner): Promise<string | undefined> {
    const id = scheduledRunId(wanted.id, due.kind, new Date(due.dueAt));
    const earlier = await runs.get(id);
    if (earlier) return earlier.createdAt;
    const started = await startRun(wanted, { id, trigger: due, pointers: {} });
    if (started.kind !== 'started') return undefined;
    await runner.start(id);
    return started.run.createdAt;
  }

  /** Nothing is owed any more: what came until the run was started is in it. */
  const begun = ({ consideredAt }: ScheduleState, createdAt: string): ScheduleState => ({
    consideredAt: createdAt > consideredAt ? createdAt : consideredAt,
    due: null,
  });

  return async (wanted, by, found, runner) => {
    // Before anything is started: a time that comes meanwhile is the next tick's.
    const now = clock.now();
    let state = found;
    const owed = stillDue(state?.value, by);
    const createdAt = owed ? await begin(wanted, owed, runner) : undefined;
    if (state && createdAt !== undefined) {
      state = await schedules.put(wanted.id, state, begun(state.value, createdAt));
      if (!state) return;
    }

    const after = consider(state?.value, by, now, missedAfter);
    if (after === state?.value) return;
    const isNew = after.due !== null && after.due !== state?.value.due;
    // What is owed is written down first: whoever dies after this has not lost it, and whoever comes second stops here.
    state = await schedules.put(wanted.id, state, after);
    if (!state || !isNew || !after.due) return;
    const { kind, dueAt, missedBy } = after.due;
    if (missedBy !== null)
      log.warn('schedule.missed', { export: wanted.id, trigger: kind, dueAt, seconds: missedBy });
    const startedAt = await begin(wanted, after.due, runner);
    if (startedAt !== undefined) await schedules.put(wanted.id, state, begun(after, startedAt));
  };
}
