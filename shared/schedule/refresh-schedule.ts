// The refresh of the deployment: when the exports run that run with every refresh. One row.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { actorSchema, type Actor } from '../access/actor';
import type { Clock } from '../platform/clock';
import { writeRow, type Table } from '../platform/tables';
import { refreshScheduleSchema, type RefreshSchedule } from './schedule';

export const refreshSchema = z.strictObject({
  schedule: refreshScheduleSchema,
  /** `null` as long as nobody has changed the default. */
  changedAt: z.iso.datetime().nullable(),
  changedBy: actorSchema.nullable(),
});
export type Refresh = z.output<typeof refreshSchema>;

export interface StoredRefresh {
  readonly value: Refresh;
  readonly etag: string;
}

export interface RefreshScheduleStore {
  get(): Promise<StoredRefresh>;
  /**
   * Setting it to what it is changes nothing: its times go on counting.
   * @returns what is stored now; `undefined` when somebody else changed it since `etag`.
   */
  change(schedule: RefreshSchedule, etag: string, by: Actor): Promise<StoredRefresh | undefined>;
}

const key = 'refresh';
const untouched: StoredRefresh = {
  value: { schedule: { kind: 'new-data' }, changedAt: null, changedBy: null },
  etag: 'default',
};

export function makeRefreshSchedule({ table, clock }: { table: Table; clock: Clock }): RefreshScheduleStore {
  const store: RefreshScheduleStore = {
    async get() {
      return (await table.get(refreshSchema, key, key)) ?? untouched;
    },

    async change(schedule, etag, by) {
      const before = await store.get();
      if (before.etag !== etag) return undefined;
      if (isDeepStrictEqual(before.value.schedule, schedule)) return before;
      const changedAt = new Date(clock.now()).toISOString();
      const value = refreshSchema.parse({ schedule, changedAt, changedBy: by });
      const how =
        etag === untouched.etag ? ({ kind: 'create' } as const) : ({ kind: 'replace', etag } as const);
      const done = await writeRow(table, refreshSchema, key, { ...how, rowKey: key, value });
      return done ? store.get() : undefined;
    },
  };
  return store;
}
