// What a tick of the timer deals with, moved by hand: exports, the refresh, segments, the clock, and the orchestrations of the host.
import { makeExportStore } from '../../../shared/exports/export-store';
import { changedExport, type Export, type ExportChange } from '../../../shared/exports/export';
import type { Table } from '../../../shared/platform/tables';
import { makeImportStore } from '../../../shared/runs/import-store';
import { makeOldestOpenJob } from '../../../shared/runs/oldest-open-job';
import { makeRepair, type Runner } from '../../../shared/runs/repair';
import type { Run } from '../../../shared/runs/run';
import { makeRunStore } from '../../../shared/runs/run-store';
import { makeStartRun } from '../../../shared/runs/start-run';
import { makeRefreshSchedule } from '../../../shared/schedule/refresh-schedule';
import type { RefreshSchedule } from '../../../shared/schedule/schedule';
import { makeScheduleStore } from '../../../shared/schedule/schedule-store';
import { makeStartAtTimes } from '../../../shared/schedule/start-at-times';
import { makeStartOnNewData } from '../../../shared/schedule/start-on-new-data';
import { makeTakeAsKnown } from '../../../shared/schedule/take-as-known';
import { makeTick, type Tick } from '../../../shared/schedule/tick';
import { SegmentUnknown } from '../../../shared/segments/errors';
import type { PointerState } from '../../../shared/segments/layout';
import { makeJumpingClock } from '../../constant-contact/support/clocks';
import { makeRecordingLog } from '../../constant-contact/support/recording-log';
import { noon } from '../../runs/support/fixtures';
import { makeMemoryTable } from '../../support/memory-tables';

export const settle = 300_000;
export const usuallyMissedAfter = 300_000;
const ada = { id: 'tenant/person', name: 'Ada' };

export interface WorldOptions {
  readonly start?: number;
  /** Milliseconds. */
  readonly missedAfter?: number;
  readonly tables?: Readonly<Record<'exports' | 'runs' | 'schedule', Table>>;
}

export function makeTimerWorld(options: WorldOptions = {}) {
  const tables = options.tables ?? {
    exports: makeMemoryTable(),
    runs: makeMemoryTable(),
    schedule: makeMemoryTable(),
  };
  const { start = noon, missedAfter = usuallyMissedAfter } = options;
  const time = makeJumpingClock(start);
  const { clock } = time;
  const logged = makeRecordingLog();
  const exports = makeExportStore(tables.exports);
  const runs = makeRunStore(tables.runs);
  const imports = makeImportStore(makeMemoryTable());
  const schedules = makeScheduleStore(tables.schedule);
  const refreshSchedule = makeRefreshSchedule({ table: tables.schedule, clock });

  /** By name; what is not there is unknown. */
  const segments = new Map<string, PointerState | Error>();
  const looks: string[] = [];
  const source = {
    async pointer(name: string) {
      await Promise.resolve();
      looks.push(name);
      const state = segments.get(name) ?? new SegmentUnknown(name, []);
      if (state instanceof Error) throw state;
      return state;
    },
  };

  /** What the host knows of orchestrations. */
  const orchestrations = new Map<string, 'on' | 'over'>();
  /** Each start that the host was asked for. */
  const started: string[] = [];
  const runner: Runner = {
    look: (runId) => Promise.resolve({ state: orchestrations.get(runId) ?? 'absent' }),
    start(runId) {
      started.push(runId);
      orchestrations.set(runId, 'on');
      return Promise.resolve();
    },
  };
  const closed: { runId: string; reason: string }[] = [];
  const end = async (runId: string, change: Partial<Run> = {}) => {
    orchestrations.set(runId, 'over');
    return runs.finish(runId, (run) => ({ ...run, status: 'Successful', ...change }));
  };

  /** One instance of the app; they share storage and host. */
  const instance = (): Tick => {
    const startRun = makeStartRun({ runs, clock, log: logged.log });
    return makeTick({
      exports,
      runs,
      refreshSchedule,
      schedules,
      segments: source,
      repair: makeRepair({
        runs,
        async closeRun({ runId, reason }) {
          closed.push({ runId, reason });
          await end(runId, { status: 'Failed' });
          return { kind: 'closed' };
        },
        log: logged.log,
      }),
      startOnNewData: makeStartOnNewData({ runs, startRun, clock, settle }),
      startAtTimes: makeStartAtTimes({ schedules, runs, startRun, clock, log: logged.log, missedAfter }),
      oldestOpenJob: makeOldestOpenJob(imports),
      budget: { usedToday: () => Promise.resolve({ used: 7, left: 93, spentUntil: undefined }) },
      clock,
      log: logged.log,
    });
  };
  const tick = instance();
  const takeAsKnown = makeTakeAsKnown({ runs, schedules, segments: source, log: logged.log });

  return {
    tables,
    time,
    clock,
    logged,
    exports,
    runs,
    imports,
    schedules,
    refreshSchedule,
    segments,
    looks,
    orchestrations,
    started,
    closed,
    runner,
    end,
    instance,
    takeAsKnown,
    tick: () => tick(runner),

    /** The segment has new data as of now. */
    write(pointer: string, name = 'customers') {
      segments.set(name, { pointer, changedAt: new Date(clock.now()).toISOString() });
    },

    /** Saves a change as a route does; `dies` before the data was taken as known. */
    async save(id: string, change: ExportChange, { dies = false } = {}): Promise<Export> {
      const before = (await exports.get(id))!;
      const saved = changedExport(before.value, change, { by: ada, at: clock.now() });
      expect(await exports.change(saved, before.etag)).toBeDefined();
      if (!dies) await takeAsKnown(saved);
      return saved;
    },

    async setRefresh(schedule: RefreshSchedule) {
      const { etag } = await refreshSchedule.get();
      expect(await refreshSchedule.change(schedule, etag, ada)).toBeDefined();
    },

    /** What was started, each once, in the order of starting. */
    runsStarted: async () => {
      const found = await Promise.all([...new Set(started)].map((runId) => runs.get(runId)));
      return found.map((run) => run!);
    },
  };
}

export type TimerWorld = ReturnType<typeof makeTimerWorld>;
