// A run in detail: what its segments brought, and what became of each of its batches, so far or for good.
import { z } from 'zod';
import { manifestSchema, readManifest } from '../contacts/manifest';
import type { BlobStore } from '../platform/blobs';
import type { ImportStore } from './import-store';
import { fates, fateSchema, readReport } from './report';
import { folderOf, isOver, type Run } from './run';

export const runDetailsSchema = z.strictObject({
  /** `contacts` are to be sent: `read = contacts + duplicate + rejected`. */
  segments: manifestSchema.shape.segments,
  batches: z.array(fateSchema),
});

/** `undefined` before the run is prepared, and when its files are gone. */
export type RunDetails = (run: Run) => Promise<z.output<typeof runDetailsSchema> | undefined>;

export function makeRunDetails({ imports, files }: { imports: ImportStore; files: BlobStore }): RunDetails {
  return async (run) => {
    const report = isOver(run.status) ? await readReport(files, run.id) : undefined;
    if (report) return report.batches.length > 0 || report.segments.length > 0 ? report : undefined;
    const manifest = await readManifest(files, folderOf(run.id));
    if (!manifest || isOver(run.status)) return undefined;
    const records = await imports.all(run.id);
    return {
      segments: manifest.segments,
      batches: fates(
        manifest,
        records.map(({ value }) => value),
      ),
    };
  };
}
