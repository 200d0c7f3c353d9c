// One tick of the timer: repairs runs that a crash left behind, and starts every export that is due, once.
import type { Export } from '../exports/export';
import type { ExportStore } from '../exports/export-store';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { Stored } from '../platform/tables';
import type { Repair, Runner } from '../runs/repair';
import type { PointerState } from '../segments/layout';
import { mapLimited } from '../segments/map-limited';
import type { SegmentSource } from '../segments/segment-source';
import type { ScheduleState } from './due-times';
import { governing } from './governing';
import type { RefreshScheduleStore } from './refresh-schedule';
import type { ScheduleStore } from './schedule-store';
import { seenNow } from './settling';
import type { StartAtTimes } from './start-at-times';
import type { StartOnNewData } from './start-on-new-data';

export interface TickDeps {
  readonly exports: ExportStore;
  readonly refreshSchedule: RefreshScheduleStore;
  readonly schedules: ScheduleStore;
  readonly segments: Pick<SegmentSource, 'pointer'>;
  readonly repair: Repair;
  readonly startOnNewData: StartOnNewData;
  readonly startAtTimes: StartAtTimes;
  readonly clock: Clock;
  readonly log: Log;
}

export type Tick = (runner: Runner) => Promise<void>;

/** Each costs some requests to storage, one after another. */
const exportsAtOnce = 16;

export function makeTick(deps: TickDeps): Tick {
  const { exports, refreshSchedule, schedules, segments, repair, clock, log } = deps;

  return async (runner) => {
    const consideredAt = new Date(clock.now()).toISOString();
    // States before exports: a state whose export is not listed after it is of one that was removed.
    const [{ value: refresh }, states, seen] = await Promise.all([
      refreshSchedule.get(),
      schedules.states(),
      schedules.seen(),
    ]);
    const wanted = await Array.fromAsync(exports.list());

    // Each segment is looked at once per tick, however many exports use it.
    const looks = new Map<string, Promise<PointerState>>();
    const look = (name: string) => {
      const known = looks.get(name) ?? lookAt(name);
      looks.set(name, known);
      return known;
    };
    const lookAt = async (name: string): Promise<PointerState> => {
      const before = seen.get(name);
      const now = seenNow(before?.value, name, await segments.pointer(name), clock.now());
      if (now !== before?.value) await schedules.putSeen(before, now);
      return { pointer: now.pointer, changedAt: now.since };
    };

    const attend = async (each: Export, state: Stored<ScheduleState> | undefined) => {
      const lock = await repair(each.id, runner);
      const by = governing(each, refresh);
      if (by.kind === 'times') return deps.startAtTimes(each, by, state, runner);
      // Every export has one, by which it is known once it is removed.
      if (!state) await schedules.put(each.id, undefined, { consideredAt, due: null });
      if (by.kind === 'new-data') await deps.startOnNewData(each, by, lock, look, runner);
    };
    await mapLimited(wanted, exportsAtOnce, (each) =>
      apart(each.id, () => attend(each, states.get(each.id))),
    );

    const present = new Set(wanted.map(({ id }) => id));
    const removed = [...states.keys()].filter((id) => !present.has(id));
    await mapLimited(removed, exportsAtOnce, (id) => apart(id, () => forget(id, runner)));
  };

  /** One export that cannot be looked at must not keep the others from running. */
  async function apart(exportId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn('schedule.export-failed', { export: exportId, code: codeOf(error) });
    }
  }

  /** A run that was on when its export was removed may have to be closed yet. */
  async function forget(exportId: string, runner: Runner): Promise<void> {
    const { runId } = await repair(exportId, runner);
    if (!runId) await schedules.remove(exportId);
  }
}
