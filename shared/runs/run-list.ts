// The runs of all exports, and those of each, newest first: rows that name a run, in partitions of their own of the table `runs`.
// Such a row is there before its run is, so that no run is ever missing; one whose run never came is passed over, and removed later.
import { z } from 'zod';
import { momentOfKey, newestFirst } from '../platform/newest-first';
import type { Table } from '../platform/tables';
import { mapLimited } from '../segments/map-limited';
import { exportIdOf, type Run } from './run';

/** Partitions that no export's runs lie in, as ids hold no hyphen. */
const ofAll = 'all-runs';
const ofExport = (exportId: string) => `runs-of-${exportId}`;

const rowSchema = z.strictObject({ runId: z.string() });

const keyOf = ({ createdAt, id }: Pick<Run, 'createdAt' | 'id'>) =>
  `${newestFirst(Date.parse(createdAt))}-${id}`;

/** What a key looks like, for cursors. */
export const runListKey = /^\d{13}-[a-z0-9]{3,32}-\d{14}-[a-z0-9]{12}$/;

/** Far longer than it takes from this row to the run's own: when there is a row that much newer, the run never comes. Milliseconds. */
const longestStart = 3_600_000;

/** How many runs are looked up at once. */
const atOnce = 16;

export interface RunPageAsked {
  readonly limit: number;
  /** The key at which it begins; the newest run otherwise. */
  readonly start?: string | undefined;
  /** Of this export only. */
  readonly exportId?: string | undefined;
}

export interface RunPage {
  readonly rows: readonly { readonly rowKey: string; readonly value: Run }[];
  /** Where the next page starts; `undefined` on the last one. */
  readonly next: string | undefined;
}

export interface RunList {
  /** Lists a run that is about to be. Repeating it changes nothing. */
  add(run: Run): Promise<void>;
  /** What a page costs does not depend on how many runs there are. It has fewer than `limit` where runs never came, or are gone. */
  page(asked: RunPageAsked): Promise<RunPage>;
  /** The newest run of an export. */
  last(exportId: string): Promise<Run | undefined>;
  /** Those that were asked for before a moment, newest first, also where no run is any more. */
  oldest(asked: OldRunsAsked): Promise<OldRuns>;
  /** Nothing lists the run any more. Repeating it changes nothing. */
  unlist(run: Pick<Run, 'id' | 'createdAt'>): Promise<void>;
}

export interface OldRunsAsked {
  readonly limit: number;
  /** Milliseconds since 1970. */
  readonly before: number;
  /** The key at which it begins; absent: the newest of them. */
  readonly start?: string | undefined;
}

export interface OldRuns {
  readonly rows: readonly Pick<Run, 'id' | 'createdAt'>[];
  /** Where the next page starts; `undefined` on the last one. */
  readonly next: string | undefined;
}

export function makeRunList(table: Table, get: (runId: string) => Promise<Run | undefined>): RunList {
  const list: RunList = {
    async add(run) {
      const row = { kind: 'create', rowKey: keyOf(run), value: { runId: run.id } } as const;
      await Promise.all([ofAll, ofExport(run.exportId)].map((partition) => table.change(partition, [row])));
    },

    async page({ limit, start = '0', exportId }) {
      const partition = exportId === undefined ? ofAll : ofExport(exportId);
      const { rows, next } = await table.page(rowSchema, partition, { from: start, to: '~', limit });
      const newest = rows[0] ? momentOfKey(rows[0].rowKey) : 0;
      const found = await mapLimited(rows, atOnce, async ({ rowKey, value: { runId } }) => {
        const run = await get(runId);
        // The same run can be listed at two moments, when two instances started it: one of them made it.
        if (run && keyOf(run) === rowKey) return { rowKey, value: run };
        if (momentOfKey(rowKey) + longestStart < newest) await table.remove(partition, rowKey);
        return undefined;
      });
      return { rows: found.filter((row) => row !== undefined), next };
    },

    async last(exportId) {
      let start: string | undefined;
      do {
        const { rows, next } = await list.page({ limit: 1, start, exportId });
        if (rows[0]) return rows[0].value;
        start = next;
      } while (start !== undefined);
      return undefined;
    },

    async oldest({ limit, before, start = '' }) {
      // Keys go back in time: the first one of before then.
      const from = newestFirst(before);
      const asked = { from: start > from ? start : from, to: '~', limit };
      const { rows, next } = await table.page(rowSchema, ofAll, asked);
      return {
        rows: rows.map(({ rowKey, value: { runId } }) => ({
          id: runId,
          createdAt: new Date(momentOfKey(rowKey)).toISOString(),
        })),
        next,
      };
    },

    async unlist(run) {
      for (const partition of [ofExport(exportIdOf(run.id)), ofAll])
        await table.remove(partition, keyOf(run));
    },
  };
  return list;
}
