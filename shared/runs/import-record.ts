// What is known of one batch on its way into Constant Contact: who is sending it, which import job it became, how that ended.
import { z } from 'zod';

const whole = z.int().min(0);

/** The counters of an import job, as Constant Contact gives them. They may overlap. */
export const countersSchema = z.strictObject({
  errorCount: whole,
  correctableCount: whole,
  cannotAddToListCount: whole,
});
export type Counters = z.output<typeof countersSchema>;

/** `doubled`: a job showed up after its file had been sent again; `counters-unreadable`: some counter is no number. */
const remarkSchema = z.enum(['doubled', 'counters-unreadable']);
export type Remark = z.output<typeof remarkSchema>;

/**
 * `free`       nothing of this attempt was accepted: whoever comes sends it.
 * `claimed`    `owner` is sending, until `until`; after that the outcome is unknown and the file name has to be looked up.
 * `open`       accepted as import job `jobId`; its end is awaited.
 * `completed`, `failed` (also timed out and cancelled there), `unconfirmed` (its end stayed unknown): over.
 */
export const importRecordSchema = z.strictObject({
  batch: whole.min(1),
  /** From 1. Another attempt is made only for a job that ended badly. */
  attempt: whole.min(1).max(2),
  state: z.enum(['free', 'claimed', 'open', 'completed', 'failed', 'unconfirmed']),
  /** How often this attempt was begun, those left out that are known to have sent nothing. */
  tries: whole,
  owner: z.string().nullable(),
  /** Milliseconds since 1970. */
  until: whole,
  jobId: z.string().nullable(),
  /** When the job was accepted, in milliseconds since 1970. */
  acceptedAt: whole.nullable(),
  /** How Constant Contact says that the job ended. */
  ended: z.enum(['completed', 'failed', 'timed_out', 'cancelled']).nullable(),
  counters: countersSchema.nullable(),
  /** What a reader of the report should know. */
  remarks: z.array(remarkSchema).optional(),
  /** Since when nobody could look at the job, as Constant Contact is away; in milliseconds since 1970. */
  unseenSince: whole.optional(),
});
export type ImportRecord = z.output<typeof importRecordSchema>;

/** A batch is sent once, and once more if its job ends badly. */
export const maxAttempts = 2;

/** After so many tries of one attempt that all failed or ended in doubt, the service is taken to be away. */
export const maxTries = 5;

/** The idempotency key: Constant Contact keeps the name of an imported file, and shows it with the job. */
export const fileNameOf = (runId: string, batch: number, attempt: number): string =>
  `${runId}-${batch}-${attempt}.csv`;

export const withRemark = (record: ImportRecord, remark: Remark): ImportRecord => ({
  ...record,
  remarks: [...new Set([...(record.remarks ?? []), remark])],
});
