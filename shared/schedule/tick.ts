// One tick of the timer: repairs runs that a crash left behind, and starts every export that is due, once.
import type { Export } from '../exports/export';
import type { ExportStore } from '../exports/export-store';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import { isOver, newDataRunId } from '../runs/run';
import type { RunStore } from '../runs/run-store';
import type { StartRun } from '../runs/start-run';
import type { CloseRun } from '../runs/close-run';
import type { SegmentSource } from '../segments/segment-source';
import { newDataDue, type SegmentState } from './new-data';

/** The orchestrations, as far as a tick deals with them. */
export interface Runner {
  look(runId: string): Promise<{ readonly state: 'absent' | 'on' | 'over' }>;
  start(runId: string): Promise<void>;
}

export interface TickDeps {
  readonly exports: ExportStore;
  readonly runs: RunStore;
  readonly segments: SegmentSource;
  readonly startRun: StartRun;
  readonly closeRun: CloseRun;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a changed commit pointer must stand still, in milliseconds. */
  readonly settle: number;
}

export type Tick = (runner: Runner) => Promise<void>;

export function makeTick(deps: TickDeps): Tick {
  const { exports, runs, segments, startRun, closeRun, clock, log, settle } = deps;

  return async (runner) => {
    // Each segment is looked at once per tick, however many exports use it.
    const looked = new Map<string, Promise<SegmentState>>();
    const look = (name: string) => {
      const known = looked.get(name) ?? segments.pointer(name);
      looked.set(name, known);
      return known;
    };
    for await (const each of exports.list()) {
      try {
        await repair(each, runner);
        await startIfDue(each, look, runner);
      } catch (error) {
        // One export that cannot be looked at must not keep the others from running.
        log.warn('schedule.export-failed', { export: each.id, code: codeOf(error) });
      }
    }
  };

  /** A run that is locked but not on: started without an orchestration, or its orchestration ended without closing it. */
  async function repair({ id }: Export, runner: Runner): Promise<void> {
    const { runId } = await runs.lock(id);
    if (!runId) return;
    const run = await runs.get(runId);
    const { state } = await runner.look(runId);
    if (state === 'on') return;
    if (state === 'absent' && run && run.status === 'Queued') {
      log.warn('run.started-late', { run: runId, export: id });
      await runner.start(runId);
      return;
    }
    if (run && isOver(run.status)) return;
    log.error('run.closed-late', { run: runId, export: id });
    await closeRun({ runId, reason: 'broken' });
  }

  async function startIfDue(
    wanted: Export,
    look: (name: string) => Promise<SegmentState>,
    runner: Runner,
  ): Promise<void> {
    if (!wanted.connectionId) return;
    const lock = await runs.lock(wanted.id);
    // It stays due until the export is free.
    if (lock.runId) return;
    const present = new Map<string, SegmentState>();
    for (const name of wanted.segments) present.set(name, await look(name));
    const dueness = newDataDue(lock.pointers, present, clock.now(), settle);
    if (dueness.kind === 'first-sight') await runs.know(wanted.id, dueness.pointers);
    if (dueness.kind !== 'due') return;
    const id = newDataRunId(wanted.id, dueness.changedAt, dueness.pointers);
    const started = await startRun(wanted, {
      id,
      trigger: { kind: 'new-data' },
      pointers: { ...dueness.pointers },
    });
    if (started.kind === 'started') await runner.start(id);
  }
}
