// What Constant Contact says about single rows of an import. Free text that may quote addresses: kept in Blob storage until the
// rejects file is written from it.
import { z } from 'zod';
import type { ImportJob } from '../constant-contact/schemas';
import type { BlobStore } from '../platform/blobs';
import type { ImportRecord } from './import-record';
import { folderOf } from './run';

export const jobMessagesSchema = z.strictObject({ batch: z.int().min(1), messages: z.array(z.string()) });
export type JobMessages = z.output<typeof jobMessagesSchema>;

export const messagesFolder = (runId: string): string => `${folderOf(runId)}messages/`;

export const messagesBlob = (runId: string, batch: number, attempt: number): string =>
  `${messagesFolder(runId)}${String(batch).padStart(6, '0')}-${attempt}.json`;

/** To be called before the record says that its job has ended: who finds it so reads them. */
export async function keepMessages(
  files: Pick<BlobStore, 'write'>,
  runId: string,
  { batch, attempt }: Pick<ImportRecord, 'batch' | 'attempt'>,
  job: ImportJob | undefined,
): Promise<void> {
  if (!job || job.errors.length === 0) return;
  // They may quote addresses: into Blob storage, and from there into the rejects file only.
  const messages: JobMessages = { batch, messages: job.errors };
  await files.write(messagesBlob(runId, batch, attempt), JSON.stringify(messages), 'application/json');
}

/** The row of the import file that a message is about, from 1 without the header; `undefined` when it names none. */
export function rowOf(message: string): number | undefined {
  const line = /\bline\s+(\d+)/i.exec(message)?.[1];
  // The header is line 1.
  return line === undefined || Number(line) < 2 ? undefined : Number(line) - 1;
}
