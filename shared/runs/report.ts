// The report of a run: what became of it and of each of its batches. Written before the final row, so whoever finds a run over finds it.
// The first report of a try settles how the run ends with it; the final row copies it.
import { z } from 'zod';
import { manifestSchema, type Batch, type Manifest } from '../contacts/manifest';
import type { BlobReader, BlobStore } from '../platform/blobs';
import { countersSchema, importRecordSchema, type ImportRecord } from './import-record';
import { folderOf, runSchema, type Run } from './run';

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
  /** When its last request was accepted, or was over at the latest; `null` before the first, and in reports of before this was kept. */
  sentBy: z.iso.datetime().nullable().default(null),
});
export type Fate = z.output<typeof fateSchema>;

const segmentsSchema = manifestSchema.shape.segments;

/** What the app itself reads of it. */
const reportSchema = z.object({ segments: segmentsSchema.default([]), batches: z.array(fateSchema) });
export type Report = z.output<typeof reportSchema>;

/** How a run ends, as far as the closing step decides it. */
const ofRun = runSchema.shape;
const endSchema = z.object({
  status: ofRun.status,
  reason: ofRun.reason,
  /** All of them. */
  warnings: ofRun.warnings,
  counts: ofRun.counts,
  rejectedByReason: ofRun.rejectedByReason,
  cutByField: ofRun.cutByField,
  rejects: ofRun.rejects,
  endedAt: ofRun.endedAt,
  phases: ofRun.phases,
  requests: ofRun.requests,
  batchesLeft: ofRun.batchesLeft,
});
export type End = z.output<typeof endSchema>;

const ofTrySchema = z.object({ tries: ofRun.tries });

async function findEnd(files: BlobReader, { id, tries }: Run) {
  const found = await files.read(reportBlob(id));
  if (!found) return {};
  const report: unknown = JSON.parse(found.content.toString('utf8'));
  const { etag } = found.facts;
  return ofTrySchema.parse(report).tries < tries ? { etag } : { etag, end: endSchema.parse(report) };
}

/** How the present try of the run ends, if that is settled: by another execution, or by one that died. */
export const settledEnd = async (files: BlobReader, run: Run): Promise<End | undefined> =>
  (await findEnd(files, run)).end;

/** Writes the report, unless there is one of this try. @returns how the run ends by the report that there is. */
export async function settleReport(
  files: BlobStore,
  run: Run,
  end: End,
  details: { readonly segments: Manifest['segments']; readonly batches: readonly Fate[] },
): Promise<End> {
  const content = JSON.stringify({ ...run, ...end, ...details });
  for (;;) {
    const found = await findEnd(files, run);
    if (found.end) return found.end;
    // One of a try before is left where somebody was about to end the run by it when another put it off.
    const done = await (found.etag === undefined
      ? files.create(reportBlob(run.id), content, 'application/json')
      : files.replace(reportBlob(run.id), found.etag, content, 'application/json'));
    if (done) return end;
  }
}

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
      sentBy: record ? new Date(record.acceptedAt ?? record.until).toISOString() : null,
    };
  });
}
