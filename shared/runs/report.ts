// The report of a run: what became of it and of each of its batches. Written before the final row, so whoever finds a run over finds it.
import { z } from 'zod';
import { manifestSchema, type Batch, type Manifest } from '../contacts/manifest';
import type { BlobReader } from '../platform/blobs';
import { countersSchema, importRecordSchema, type ImportRecord } from './import-record';
import { folderOf } from './run';

export const reportBlob = (runId: string): string => `${folderOf(runId)}report.json`;

export const fateSchema = z.strictObject({
  batch: z.int().min(1),
  /** Batches of one wave are sent at the same time; only those of wave 0 count for the counts of the run. */
  wave: z.int().min(0),
  contacts: z.int().min(0),
  /** The columns that its rows fill. */
  columns: z.array(z.string()),
  /** How often it was begun. */
  attempts: z.int().min(0),
  state: z.enum(['not-sent', ...importRecordSchema.shape.state.options]),
  /** How Constant Contact says that its import job ended. */
  ended: importRecordSchema.shape.ended,
  job: z.string().nullable(),
  counters: countersSchema.nullable(),
});
export type Fate = z.output<typeof fateSchema>;

const segmentsSchema = manifestSchema.shape.segments;

/** What the app itself reads of it. */
const reportSchema = z.object({ segments: segmentsSchema.default([]), batches: z.array(fateSchema) });
export type Report = z.output<typeof reportSchema>;

/** `undefined` when there is none. */
export async function readReport(files: BlobReader, runId: string): Promise<Report | undefined> {
  const found = await files.read(reportBlob(runId));
  return found && reportSchema.parse(JSON.parse(found.content.toString('utf8')));
}

/** The numbers of the batches that Constant Contact took; `undefined` when there is no report. */
export async function batchesThrough(
  files: BlobReader,
  runId: string,
): Promise<ReadonlySet<number> | undefined> {
  const report = await readReport(files, runId);
  return (
    report && new Set(report.batches.flatMap(({ batch, state }) => (state === 'completed' ? [batch] : [])))
  );
}

/** What became of each batch, so far. */
export function fates(manifest: Manifest, records: readonly ImportRecord[]): Fate[] {
  const byBatch = new Map(records.map((record) => [record.batch, record]));
  return manifest.batches.map(({ number, wave, contacts, columns }: Batch) => {
    const record = byBatch.get(number);
    return {
      batch: number,
      wave,
      contacts,
      columns,
      attempts: record?.attempt ?? 0,
      state: record?.state ?? 'not-sent',
      ended: record?.ended ?? null,
      job: record?.jobId ?? null,
      counters: record?.counters ?? null,
    };
  });
}
