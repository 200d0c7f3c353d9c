// What Constant Contact says about single rows of an import. Free text that may quote addresses: kept in Blob storage until the
// rejects file is written from it.
import { z } from 'zod';
import { folderOf } from './run';

export const jobMessagesSchema = z.strictObject({ batch: z.int().min(1), messages: z.array(z.string()) });
export type JobMessages = z.output<typeof jobMessagesSchema>;

export const messagesFolder = (runId: string): string => `${folderOf(runId)}messages/`;

export const messagesBlob = (runId: string, batch: number, attempt: number): string =>
  `${messagesFolder(runId)}${String(batch).padStart(6, '0')}-${attempt}.json`;

/** The row of the import file that a message is about, from 1 without the header; `undefined` when it names none. */
export function rowOf(message: string): number | undefined {
  const line = /\bline\s+(\d+)/i.exec(message)?.[1];
  // The header is line 1.
  return line === undefined || Number(line) < 2 ? undefined : Number(line) - 1;
}
