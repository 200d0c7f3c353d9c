// What the timer remembers from tick to tick, in the table `schedule`: how far each export's times were considered, and since when
// each segment stands still.
import { idFrom } from '../platform/ids';
import type { Stored, Table } from '../platform/tables';
import { scheduleStateSchema, type ScheduleState } from './due-times';
import { seenSegmentSchema, type SeenSegment } from './settling';

const ofExports = 'export';
const ofSegments = 'segment';

export interface ScheduleStore {
  /** By the export's id. */
  states(): Promise<ReadonlyMap<string, Stored<ScheduleState>>>;
  /**
   * Makes an export known here, so that what it leaves is found once it is removed. No effect when it is known.
   * @param consideredAt due times up to this moment do not count; UTC (ISO 8601).
   */
  note(exportId: string, consideredAt: string): Promise<void>;
  /** @returns what is stored now; `undefined` when another instance was faster. */
  put(
    exportId: string,
    before: Stored<ScheduleState> | undefined,
    state: ScheduleState,
  ): Promise<Stored<ScheduleState> | undefined>;
  remove(exportId: string): Promise<void>;
  /** By the segment's name. */
  seen(): Promise<ReadonlyMap<string, Stored<SeenSegment>>>;
  /** No effect when another instance was faster. */
  putSeen(before: Stored<SeenSegment> | undefined, seen: SeenSegment): Promise<void>;
}

const written = (rowKey: string, before: Stored<unknown> | undefined, value: unknown) =>
  before
    ? ({ kind: 'replace', rowKey, value, etag: before.etag } as const)
    : ({ kind: 'create', rowKey, value } as const);

export function makeScheduleStore(table: Table): ScheduleStore {
  return {
    async states() {
      const rows = await Array.fromAsync(table.all(scheduleStateSchema, ofExports));
      return new Map(rows.map((row) => [row.rowKey, row]));
    },

    async note(exportId, consideredAt) {
      const value = scheduleStateSchema.parse({ consideredAt, due: null });
      await table.change(ofExports, [written(exportId, undefined, value)]);
    },

    async put(exportId, before, state) {
      const value = scheduleStateSchema.parse(state);
      if (!(await table.change(ofExports, [written(exportId, before, value)]))) return undefined;
      return table.get(scheduleStateSchema, ofExports, exportId);
    },

    remove: (exportId) => table.remove(ofExports, exportId),

    async seen() {
      const rows = await Array.fromAsync(table.all(seenSegmentSchema, ofSegments));
      return new Map(rows.map((row) => [row.value.name, row]));
    },

    async putSeen(before, seen) {
      // Names of segments may hold what a key may not.
      await table.change(ofSegments, [written(idFrom(seen.name), before, seenSegmentSchema.parse(seen))]);
    },
  };
}
