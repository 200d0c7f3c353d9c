// Completes the rejects file of a run: what Constant Contact said about single rows goes behind what prepare rejected.
import type { Manifest } from '../contacts/manifest';
import { csvType } from '../contacts/outgoing';
import type { BlobStore } from '../platform/blobs';
import type { ImportRecord } from './import-record';
import { jobMessagesSchema, messagesBlob, messagesFolder } from './job-messages';
import { refusedRows } from './refused-rows';
import { rejectsBlob } from './run';

/** The rejects file is written in blocks of this size. */
const blockBytes = 4 * 1024 * 1024;

/**
 * @param isOn whether the run is on still: else somebody has closed it, and has removed what this reads.
 * @returns the blob of the complete file.
 */
export async function completeRejects(
  files: BlobStore,
  runId: string,
  manifest: Manifest,
  records: readonly ImportRecord[],
  isOn: () => Promise<boolean>,
): Promise<string> {
  // Of the last attempts only: what an earlier one complained about, the later one may have taken.
  const last = new Set(records.map(({ batch, attempt }) => messagesBlob(runId, batch, attempt)));
  const told = (await Array.fromAsync(files.list(messagesFolder(runId)))).filter(({ name }) =>
    last.has(name),
  );
  const prepared = await files.facts(manifest.rejects);
  if (told.length === 0 || !prepared) return manifest.rejects;

  const upload = files.upload(rejectsBlob(runId), csvType);
  const pending: Buffer[] = [];
  const append = async (bytes: Buffer) => {
    pending.push(bytes);
    if (pending.reduce((sum, { length }) => sum + length, 0) >= blockBytes) await flush();
  };
  const flush = () => upload.append(Buffer.concat(pending.splice(0)));
  for await (const chunk of await files.stream(prepared.name, prepared.etag)) await append(chunk as Buffer);
  for (const { name } of told) {
    const found = await files.read(name);
    if (!found) continue;
    const messages = jobMessagesSchema.parse(JSON.parse(found.content.toString('utf8')));
    const entry = manifest.batches[messages.batch - 1];
    if (!entry) continue;
    const file = await files.read(entry.blob);
    await append(Buffer.from(refusedRows(messages, entry, file?.content, manifest.addressesInClear)));
  }
  if (pending.length > 0) await flush();
  if (await isOn()) await upload.commit();
  return rejectsBlob(runId);
}
