// What one run prepared: the batch files, the counts, and where they lie. Written once per run; small, without any contact's data.
import { z } from 'zod';
import type { BlobReader, BlobStore } from '../platform/blobs';

const whole = z.int().min(0);

export const batchSchema = z.strictObject({
  /** From 1, over all waves. */
  number: whole.min(1),
  /**
   * Batches of one wave hold disjoint people and may be open at the same time; the next wave starts when they have ended.
   * Wave 0 brings every contact to the list and alone counts for the report; later waves fill in columns.
   */
  wave: whole.max(4),
  blob: z.string(),
  contacts: whole.min(1),
  /** Size of the CSV file. */
  bytes: whole,
  /** Header of the file: `email` and the fields that every row of it fills. */
  columns: z.array(z.string()),
});

export type Batch = z.output<typeof batchSchema>;

export const countsSchema = z.strictObject({
  /** Records of all shards, headers not counted. `read = contacts + duplicate + rejected`. */
  read: whole,
  /** Distinct valid contacts: what is to be sent. */
  contacts: whole,
  duplicate: whole,
  rejected: whole,
});

/** What a run sends, and where to. The first manifest settles it, whichever plan its execution had; the run's row copies it. */
export const settledSchema = z.strictObject({
  listId: z.string(),
  /** The commit pointers that were read, by segment. */
  pointers: z.record(z.string(), z.string()),
  /** As in the run's row. */
  fingerprint: z.string(),
});
export type Settled = z.output<typeof settledSchema>;

export const manifestSchema = z.strictObject({
  runId: z.string(),
  /** The execution of prepare that wrote the files; its name is in their paths. */
  execution: z.string(),
  /** Absent where the run's row has said so from its start, as it sends what another run left; and in manifests of before. */
  settled: settledSchema.optional(),
  counts: countsSchema,
  segments: z.array(z.strictObject({ name: z.string(), counts: countsSchema })),
  /** Rejected profiles by reason; the sum is `counts.rejected`. */
  rejectedByReason: z.record(z.string(), whole),
  /** Values cut at their field's length, by field. */
  cutByField: z.record(z.string(), whole),
  /** Values left out because they are no date, or no whole birthday, by field; absent when there are none. */
  leftOutByField: z.record(z.string(), whole).optional(),
  /** Whether the rejects file shows addresses in full. */
  addressesInClear: z.boolean().default(false),
  batches: z.array(batchSchema),
  /** The blob of the rejects file; it is there also when it has a header only. */
  rejects: z.string(),
});

export type Manifest = z.output<typeof manifestSchema>;

/** @param folder the run's, ending in `/`. */
export const manifestName = (folder: string): string => `${folder}manifest.json`;

/** The run's manifest; `undefined` while there is none. */
export async function readManifest(store: BlobReader, folder: string): Promise<Manifest | undefined> {
  const found = await store.read(manifestName(folder));
  return found && manifestSchema.parse(JSON.parse(found.content.toString()));
}

/** The manifest vanished right after it was found: somebody cleans up the run. Nothing is to be sent. */
export class ManifestGone extends Error {
  readonly code = 'manifest-gone';
  constructor(readonly blob: string) {
    super('the manifest of a run vanished while the run was being prepared');
  }
}

/**
 * Writes the manifest of an execution unless there is one: the first makes its execution the run's.
 * @param own the folder of this execution, which is removed when it is not the run's.
 * @returns the run's. An error leaves the files alone: the manifest may have been written although the answer did not come.
 */
export async function settleManifest(
  store: BlobStore,
  folder: string,
  own: string,
  written: Manifest,
): Promise<Manifest> {
  if (await store.create(manifestName(folder), JSON.stringify(written), 'application/json')) return written;
  const manifest = await readManifest(store, folder);
  if (!manifest) throw new ManifestGone(manifestName(folder));
  // It can be our own: a request that was repeated after a lost answer finds what the first one wrote.
  if (manifest.execution !== written.execution) await removeQuietly(store, own);
  return manifest;
}

/** What is left behind goes with the run's folder; it must not hide the error or the result that there is. */
export async function removeQuietly(store: BlobStore, prefix: string): Promise<void> {
  await store.removeAll(prefix).catch(() => undefined);
}
