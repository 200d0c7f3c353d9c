// What a run leaves behind when it is over: what stays for people and for a later try, and who removes the rest. A run cleans up when it
// closes. As the closing step can fail for good in between, and a copy of an activity can come late, somebody looks once more later.
import { z } from 'zod';
import { manifestName, readManifest } from '../contacts/manifest';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { Table } from '../platform/tables';
import type { ImportStore } from './import-store';
import { batchesThrough, reportBlob } from './report';
import { folderOf, isOver, rejectsBlob, type Run } from './run';
import type { RunStore } from './run-store';
import { tellChange } from './tell-end';

export interface Leftovers {
  /** Says that a run is about to end. To be called before its final row is written: from then on somebody looks after it. */
  expect(runId: string): Promise<void>;
  /** Removes what a run that is over needs no more. Repeating it changes nothing. */
  clean(run: Run): Promise<void>;
  /**
   * Cleans once more behind the runs that ended long ago, and tells what nobody has told of them. A run for which that fails stays for
   * the next sweep.
   */
  sweep(): Promise<void>;
}

export interface LeftoversDeps {
  readonly runs: RunStore;
  readonly imports: ImportStore;
  readonly files: BlobStore;
  /** The table `runs`, where the runs to look after have a partition of their own. */
  readonly table: Table;
  readonly clock: Clock;
  readonly log: Log;
  /** How long after its end nobody can be at work for a run any more, in milliseconds. Longer than an activity may last. */
  readonly late: number;
}

/** No export's: their ids hold no hyphen. */
const partition = 'ending-runs';
const endingSchema = z.strictObject({ since: z.number() });

export function makeLeftovers({ runs, imports, files, table, clock, log, late }: LeftoversDeps): Leftovers {
  /**
   * Until retention takes them: manifest, report and rejects, which people ask for, and the files of batches that Constant Contact
   * has not taken, which a later run can send without reading the segment again.
   */
  async function keptOf(run: Run): Promise<ReadonlySet<string>> {
    const kept = new Set([reportBlob(run.id), ...(run.rejects === null ? [] : [run.rejects])]);
    const manifest = await readManifest(files, folderOf(run.id));
    // A manifest that the run's row does not know came when the run was over.
    if (!manifest || (run.rejects !== manifest.rejects && run.rejects !== rejectsBlob(run.id))) return kept;
    kept.add(manifestName(folderOf(run.id)));
    const through = await batchesThrough(files, run.id);
    for (const { number, blob } of manifest.batches) if (!through?.has(number)) kept.add(blob);
    return kept;
  }

  async function clean(run: Run): Promise<void> {
    const kept = await keptOf(run);
    for await (const { name } of files.list(folderOf(run.id))) {
      if (!kept.has(name)) await files.remove(name);
    }
    await imports.removeAll(run.id);
  }

  /** @returns whether nothing more will come. */
  async function cleanLate(runId: string): Promise<boolean> {
    const run = await runs.get(runId);
    if (!run) {
      await files.removeAll(folderOf(runId));
      await imports.removeAll(runId);
      return true;
    }
    if (!isOver(run.status) || clock.now() - Date.parse(run.endedAt ?? run.createdAt) < late) return false;
    // The closing step can have failed for good when the end was written, and not told yet.
    await tellChange({ runs, log }, run);
    await clean(run);
    return true;
  }

  return {
    clean,

    async expect(runId) {
      await table.change(partition, [{ kind: 'create', rowKey: runId, value: { since: clock.now() } }]);
    },

    async sweep() {
      for await (const { rowKey: runId, value } of table.all(endingSchema, partition)) {
        if (clock.now() - value.since < late) continue;
        try {
          if (await cleanLate(runId)) await table.remove(partition, runId);
        } catch (error) {
          log.warn('run.not-cleaned', { run: runId, code: codeOf(error) });
        }
      }
    },
  };
}
