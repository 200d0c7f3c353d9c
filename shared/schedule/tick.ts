// One tick of the timer: repairs runs that a crash left behind, starts every export that is due, once, and tells what it came to.
import type { Budget } from '../constant-contact/budget';
import type { Export } from '../exports/export';
import type { ExportStore } from '../exports/export-store';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { Stored } from '../platform/tables';
import type { Lock } from '../runs/lock';
import type { OldestOpenJob } from '../runs/oldest-open-job';
import type { Repair, Runner } from '../runs/repair';
import type { RunStore } from '../runs/run-store';
import type { PointerState } from '../segments/layout';
import { mapLimited } from '../segments/map-limited';
import type { SegmentSource } from '../segments/segment-source';
import type { ScheduleState } from './due-times';
import { governing } from './governing';
import type { RefreshScheduleStore } from './refresh-schedule';
import { makeReportExport } from './report-export';
import { makeReportSegment } from './report-segment';
import type { ScheduleStore } from './schedule-store';
import { seenNow } from './settling';
import type { StartAtTimes } from './start-at-times';
import type { StartOnNewData } from './start-on-new-data';

export interface TickDeps {
  readonly exports: ExportStore;
  readonly runs: Pick<RunStore, 'last' | 'forget' | 'page'>;
  readonly refreshSchedule: RefreshScheduleStore;
  readonly schedules: ScheduleStore;
  readonly segments: Pick<SegmentSource, 'pointer'>;
  readonly repair: Repair;
  readonly startOnNewData: StartOnNewData;
  readonly startAtTimes: StartAtTimes;
  readonly oldestOpenJob: OldestOpenJob;
  readonly budget: Pick<Budget, 'usedToday'>;
  readonly clock: Clock;
  readonly log: Log;
}

export type Tick = (runner: Runner) => Promise<void>;

/** Each costs some requests to storage, one after another. */
const exportsAtOnce = 16;

export function makeTick(deps: TickDeps): Tick {
  const { exports, runs, refreshSchedule, schedules, segments, repair, clock, log } = deps;
  const reportSegment = makeReportSegment({ clock, log });
  const reportExport = makeReportExport({ runs, clock, log });

  return async (host) => {
    const begunAt = clock.now();
    const consideredAt = new Date(begunAt).toISOString();
    let started = 0;
    const runner: Runner = {
      look: (runId) => host.look(runId),
      async start(runId) {
        await host.start(runId);
        started += 1;
      },
    };
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
      reportSegment(now);
      return { pointer: now.pointer, changedAt: now.since };
    };

    const failed = new Set<string>();
    /** One export that cannot be looked at must not keep the others from running. */
    const apart = async (exportId: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        failed.add(exportId);
        log.warn('schedule.export-failed', { export: exportId, code: codeOf(error) });
      }
    };

    /** The runs that are on, by export. */
    const on = new Map<string, string>();
    const repaired = async (exportId: string): Promise<Lock> => {
      const lock = await repair(exportId, runner);
      if (lock.runId) on.set(exportId, lock.runId);
      return lock;
    };

    const attend = async (each: Export, state: Stored<ScheduleState> | undefined) => {
      const lock = await repaired(each.id);
      const by = governing(each, refresh);
      try {
        if (by.kind === 'times') await deps.startAtTimes(each, by, state, runner);
        else if (!state) await schedules.note(each.id, consideredAt);
        if (by.kind === 'new-data') await deps.startOnNewData(each, by, lock, look, runner);
      } finally {
        // Also of one whose segment is gone, which may be why it fails.
        await reportExport(each, lock);
      }
    };
    await mapLimited(wanted, exportsAtOnce, (each) =>
      apart(each.id, () => attend(each, states.get(each.id))),
    );

    const present = new Set(wanted.map(({ id }) => id));
    const removed = [...states.keys()].filter((id) => !present.has(id));
    // A run that was on when its export was removed may have to be closed yet. Its lock goes with its last run, if it has any.
    const forget = async (exportId: string) => {
      const { runId } = await repaired(exportId);
      if (runId) return;
      if (!(await runs.last(exportId))) await runs.forget(exportId);
      await schedules.remove(exportId);
    };
    await mapLimited(removed, exportsAtOnce, (id) => apart(id, () => forget(id)));

    let oldest = Infinity;
    await mapLimited([...on], exportsAtOnce, ([exportId, runId]) =>
      apart(exportId, async () => {
        const acceptedAt = await deps.oldestOpenJob(runId);
        oldest = Math.min(oldest, acceptedAt ?? Infinity);
      }),
    );
    const { used, left } = await deps.budget.usedToday();
    const now = clock.now();
    log.info('timer.ticked', {
      exports: wanted.length,
      started,
      failed: failed.size,
      requestsUsedToday: used,
      requestsLeftToday: left,
      oldestOpenJobSeconds: Math.max(0, Math.round((now - Math.min(oldest, now)) / 1000)),
      milliseconds: now - begunAt,
    });
  };
}
