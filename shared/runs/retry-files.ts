// What a run left that Constant Contact has not taken, and how another run takes it over: as copies in a folder of its own, so that
// each run's files have one owner.
import { readManifest, settleManifest, type Batch, type Manifest } from '../contacts/manifest';
import { csvType } from '../contacts/outgoing';
import { emptyRejects } from '../contacts/rejects-file';
import type { BlobStore } from '../platform/blobs';
import { mapLimited } from '../segments/map-limited';
import { readReport, type Fate } from './report';
import { folderOf, type Reason } from './run';

export const filesGone: Reason = {
  code: 'files-gone',
  sentence:
    'The files of the earlier run are gone: they are kept for a limited time only. Run the export again, which reads its segments anew.',
};

/** How many files are copied at once; each is below 4 MB and goes through memory. */
const atOnce = 4;

export interface Left {
  readonly manifest: Manifest;
  /** Those that did not go through. */
  readonly batches: readonly Batch[];
  /** What had become of them when the run ended. */
  readonly fates: readonly Fate[];
}

/** What a run that is over has left; `undefined` when its manifest or report is gone. */
export async function batchesLeft(files: BlobStore, runId: string): Promise<Left | undefined> {
  const manifest = await readManifest(files, folderOf(runId));
  const report = manifest && (await readReport(files, runId));
  if (!report) return undefined;
  const fates = report.batches.filter(({ state }) => state !== 'completed');
  const left = new Set(fates.map(({ batch }) => batch));
  return { manifest, fates, batches: manifest.batches.filter(({ number }) => left.has(number)) };
}

/** How many contacts these batches hold: the first wave has each of them once, and counts for the report. */
export function contactsOf(batches: readonly Batch[]): number {
  const firstWave = Math.min(...batches.map(({ wave }) => wave));
  return batches.filter(({ wave }) => wave === firstWave).reduce((sum, batch) => sum + batch.contacts, 0);
}

/** Whether every one of these files is there. */
export async function areThere(files: BlobStore, runId: string, batches: readonly Batch[]): Promise<boolean> {
  const names = new Set<string>();
  for await (const { name } of files.list(folderOf(runId))) names.add(name);
  return batches.every(({ blob }) => names.has(blob));
}

export interface TakingOver {
  readonly runId: string;
  /** The run whose batches are taken over. */
  readonly retryOf: string;
  /** A name that no other execution of this run has. */
  readonly execution: string;
  readonly addressesInClear: boolean;
  /** Throws to stop. */
  readonly checkpoint: () => Promise<void>;
}

/** @returns the manifest of the run, which may be that of another execution; `undefined` when files are gone. */
export async function takeOver(
  files: BlobStore,
  { runId, retryOf, execution, addressesInClear, checkpoint }: TakingOver,
): Promise<Manifest | undefined> {
  const left = (await batchesLeft(files, retryOf))?.batches;
  if (!left) return undefined;
  const own = `${folderOf(runId)}${execution}/`;
  // The first of them counts for the report.
  const firstWave = Math.min(...left.map(({ wave }) => wave));
  const batches = left.map((batch, index): Batch => {
    const number = index + 1;
    const wave = batch.wave - firstWave;
    return { ...batch, number, wave, blob: `${own}batch-${wave}-${String(number).padStart(6, '0')}.csv` };
  });
  const copies = await mapLimited([...batches.entries()], atOnce, async ([index, { blob }]) => {
    await checkpoint();
    const file = await files.read(left[index]?.blob ?? blob);
    if (file) await files.write(blob, file.content, csvType);
    return file !== undefined;
  });
  if (copies.includes(false)) {
    await files.removeAll(own);
    return undefined;
  }
  const rejects = `${own}rejects.csv`;
  await files.write(rejects, emptyRejects, csvType);
  const contacts = contactsOf(batches);
  return settleManifest(files, folderOf(runId), own, {
    runId,
    execution,
    counts: { read: contacts, contacts, duplicate: 0, rejected: 0 },
    segments: [],
    rejectedByReason: {},
    cutByField: {},
    addressesInClear,
    batches,
    rejects,
  });
}
