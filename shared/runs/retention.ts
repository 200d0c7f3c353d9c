// Removes runs that ended long ago: files, import records, Durable history, rows. The last run of an export stays, as people look at it.
// Little by little: each call goes on where the one before stopped, and begins anew when it has been through.
import { z } from 'zod';
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { Table } from '../platform/tables';
import { mapLimited } from '../segments/map-limited';
import type { ImportStore } from './import-store';
import { exportIdOf, folderOf, isOver, type Run } from './run';
import type { RunStore } from './run-store';

/** @param forgetHistory removes the history of a run's orchestration; it is no fault when there is none. */
export type RemoveOldRuns = (forgetHistory: (runId: string) => Promise<void>) => Promise<void>;

/** How many runs are looked at in one call, and how many at once. Each costs some requests to storage, and one per file. */
const slice = 50;
const atOnce = 4;

/** Where the next call goes on. No export's partition: their ids hold no hyphen. */
const place = { partition: 'old-runs', row: 'next' };
const placeSchema = z.strictObject({ start: z.string() });

export function makeRemoveOldRuns(deps: {
  readonly runs: RunStore;
  readonly exports: Pick<ExportStore, 'get'>;
  readonly imports: ImportStore;
  readonly files: BlobStore;
  /** The table `runs`. */
  readonly table: Table;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a run is kept after its end, in milliseconds. */
  readonly keep: number;
}): RemoveOldRuns {
  const { runs, exports, imports, files, table, clock, log, keep } = deps;

  async function removed(run: Run, forgetHistory: (runId: string) => Promise<void>): Promise<boolean> {
    const { id, exportId } = run;
    if (!isOver(run.status) || clock.now() - Date.parse(run.endedAt ?? run.createdAt) < keep) return false;
    const isLast = (await runs.last(exportId))?.id === id;
    const isGone = !(await exports.get(exportId));
    if (isLast && !isGone) return false;
    await files.removeAll(folderOf(id));
    await imports.removeAll(id);
    await forgetHistory(id);
    // By its row the rest is found, the lock too: nobody comes for what is left when that is gone.
    if (isLast) await runs.forget(exportId);
    return runs.remove(run);
  }

  return async (forgetHistory) => {
    const before = await table.get(placeSchema, place.partition, place.row);
    const asked = { limit: slice, before: clock.now() - keep };
    const { rows, next } = await runs.oldest({ ...asked, start: before?.value.start });
    let count = 0;
    await mapLimited(rows, atOnce, async (row) => {
      try {
        const run = await runs.get(row.id);
        // Listed only: a run that never came, one that is half removed, or another moment of one that two instances started.
        if (run?.createdAt !== row.createdAt) await runs.unlist(row);
        else if (await removed(run, forgetHistory)) count += 1;
      } catch (error) {
        log.warn('run.not-removed', { run: row.id, export: exportIdOf(row.id), code: codeOf(error) });
      }
    });
    if (count > 0) log.info('run.removed', { runs: count });
    if (next === before?.value.start) return;
    // Somebody who is faster has been at the same runs.
    const { partition, row: rowKey } = place;
    if (next === undefined) await table.remove(partition, rowKey);
    else {
      const value = placeSchema.parse({ start: next });
      await table.change(partition, [
        before ? { kind: 'replace', rowKey, value, etag: before.etag } : { kind: 'create', rowKey, value },
      ]);
    }
  };
}
