// After an export was saved: its data of today counts as known, so that only a later change starts a run.
import type { Export } from '../exports/export';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { RunStore } from '../runs/run-store';
import type { SegmentSource } from '../segments/segment-source';
import type { ScheduleStore } from './schedule-store';

/** Never throws: what cannot be looked at now, the next tick settles by the time of the save. */
export type TakeAsKnown = (
  saved: Pick<Export, 'id' | 'segments' | 'knownSince' | 'scheduledSince'>,
) => Promise<void>;

export function makeTakeAsKnown(deps: {
  readonly runs: RunStore;
  readonly schedules: Pick<ScheduleStore, 'note'>;
  readonly segments: Pick<SegmentSource, 'pointer'>;
  readonly log: Log;
}): TakeAsKnown {
  const { runs, schedules, segments, log } = deps;
  return async ({ id, segments: names, knownSince, scheduledSince }) => {
    try {
      const present = await Promise.all(
        names.map(async (name) => [name, (await segments.pointer(name)).pointer] as const),
      );
      // First: the timer finds by it what an export leaves that was removed meanwhile.
      const since = scheduledSince ?? knownSince;
      if (since !== null) await schedules.note(id, since);
      await runs.know(id, knownSince, Object.fromEntries(present));
    } catch (error) {
      log.warn('schedule.known-later', { export: id, code: codeOf(error) });
    }
  };
}
