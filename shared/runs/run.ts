// A run: one execution of an export. Its row says what is known of it, from the moment it is asked for until it is removed.
import { z } from 'zod';
import { idFrom, idSchema, newId } from '../platform/ids';

/** The words that people know from the product. A run is over from `Successful` on. */
export const statusSchema = z.enum([
  'Queued',
  'Processing',
  /** It failed for a cause that passes, and goes on at `retryAt`. */
  'Failed (retrying)',
  'Successful',
  'Completed with warnings',
  'Failed',
  'Skipped',
  'Canceled',
]);
export type Status = z.output<typeof statusSchema>;

/** `<export id>-<moment>-<tail>`: names its export, sorts by time, and holds nothing that a path or a key could trip over. */
export const runIdSchema = z.string().regex(/^[a-z0-9]{3,32}-\d{14}-[a-z0-9]{12}$/, 'is not the id of a run');

const whole = z.int().min(0);

/** `read = accepted + duplicate + rejected + refused + unconfirmed + notSent` */
export const runCountsSchema = z.strictObject({
  read: whole,
  accepted: whole,
  duplicate: whole,
  rejected: whole,
  refused: whole,
  unconfirmed: whole,
  notSent: whole,
});
export type RunCounts = z.output<typeof runCountsSchema>;

const dueTime = {
  dueAt: z.iso.datetime(),
  /** How late it was noticed, in seconds, where nobody looked in time; `null` when it was noticed in time. */
  missedBy: whole.nullable(),
};

export const triggerSchema = z.discriminatedUnion('kind', [
  /** Somebody asked for it over HTTP. `by` is tenant and object id; `name` is for people to read. */
  z.strictObject({ kind: z.literal('on-demand'), by: z.string(), name: z.string() }),
  /** The export's segments have new data. */
  z.strictObject({ kind: z.literal('new-data') }),
  /** The deployment's refresh is at times, and one of them came. */
  z.strictObject({ kind: z.literal('refresh'), ...dueTime }),
  /** One of the export's own times came. */
  z.strictObject({ kind: z.literal('schedule'), ...dueTime }),
]);
export type Trigger = z.output<typeof triggerSchema>;

/** Why a run ended otherwise than well: a stable code, and a sentence that says what is wrong and what to do. */
export const reasonSchema = z.strictObject({ code: z.string(), sentence: z.string() });
export type Reason = z.output<typeof reasonSchema>;

export const phaseSchema = z.enum(['opening', 'preparing', 'sending', 'waiting', 'retrying', 'closing']);

/** A phase that a run has been in, maybe several times; `waiting` is for import jobs. */
export const phaseTimeSchema = z.strictObject({
  phase: phaseSchema,
  /** When it was first in it. */
  startedAt: z.iso.datetime(),
  /** How long altogether. */
  seconds: z.number().min(0),
});
export type PhaseTime = z.output<typeof phaseTimeSchema>;

export const runSchema = z.strictObject({
  id: runIdSchema,
  exportId: idSchema,
  exportName: z.string(),
  connectionId: idSchema,
  /** Known once the run is opened; for good once it is prepared. So are `pointers` and `fingerprint`. */
  listId: z.string().nullable(),
  segments: z.array(z.string()),
  trigger: triggerSchema,
  status: statusSchema,
  cancelRequested: z.boolean(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  /** The commit pointers by segment: of the trigger at first, then those that were read. */
  pointers: z.record(z.string(), z.string()),
  /** Set by the first activity that finds that the run cannot go on. */
  reason: reasonSchema.nullable(),
  /** What went less than well without ending the run. */
  warnings: z.array(z.string()),
  counts: runCountsSchema.nullable(),
  rejectedByReason: z.record(z.string(), whole).nullable(),
  cutByField: z.record(z.string(), whole).nullable(),
  /** The blob of the rejects file, once it is complete. */
  rejects: z.string().nullable(),
  /** The run whose batches it sends that did not go through; `null`: it reads its segments. */
  retryOf: runIdSchema.nullable().default(null),
  /** How often it has gone on, or will, after it failed for a cause that passes. */
  tries: whole.default(0),
  /** The round that was opened last, through all tries. Steps of an earlier one change nothing. */
  round: whole.default(0),
  /** Whether its manifest is known to be there: from then on only that says what is sent, and where to. */
  prepared: z.boolean().default(false),
  /** When it goes on; `null` unless it is `Failed (retrying)`. */
  retryAt: z.iso.datetime().nullable().default(null),
  /** Stands for data, mapping, list and connection: the same ones, the same text. `null` until the run is opened. */
  fingerprint: z.string().nullable().default(null),
  /** The execution of the closing step that ended it, and alone tells of that; `null` until the end. */
  endedBy: z.string().nullable().default(null),
  /** The phases in the order in which it first was in them; `null` until the end, and when nobody kept the times. */
  phases: z.array(phaseTimeSchema).nullable().default(null),
  /** Requests to Constant Contact, as far as they were counted; `null` until the end. */
  requests: whole.nullable().default(null),
  /** How many of its batches Constant Contact has not taken; `null` until the end, and when it was not prepared. */
  batchesLeft: whole.nullable().default(null),
});
export type Run = z.output<typeof runSchema>;

const on: ReadonlySet<Status> = new Set(['Queued', 'Processing', 'Failed (retrying)']);

export const isOver = (status: Status): boolean => !on.has(status);

/** Whether anything reached Constant Contact. */
export const hasSent = ({ counts }: Pick<Run, 'counts'>): boolean =>
  counts !== null && counts.accepted + counts.refused + counts.unconfirmed > 0;

const moment = (at: Date) => at.toISOString().replace(/\D/g, '').slice(0, 14);

/** The id of a run that somebody asked for. */
export const newRunId = (exportId: string, at: Date): string => `${exportId}-${moment(at)}-${newId()}`;

/** The id of a run that new data asked for: the same data, the same id, however often the timer fires. */
export const newDataRunId = (
  exportId: string,
  changedAt: Date,
  pointers: Readonly<Record<string, string>>,
): string => `${exportId}-${moment(changedAt)}-${idFrom(JSON.stringify(Object.entries(pointers).sort()))}`;

/** The id of a run that a due time asked for: the same time, the same id, however often the timer fires. */
export const scheduledRunId = (exportId: string, kind: 'refresh' | 'schedule', dueAt: Date): string =>
  `${exportId}-${moment(dueAt)}-${idFrom(`${kind}/${dueAt.toISOString()}`)}`;

export const exportIdOf = (runId: string): string => runId.slice(0, runId.indexOf('-'));

/** Everything that a run keeps in Blob storage lies below this. */
export const folderOf = (runId: string): string => `${runId}/`;

/** The rejects file of a run that was prepared, complete once the run is over. */
export const rejectsBlob = (runId: string): string => `${folderOf(runId)}rejects.csv`;

/** The change that says why a run stops: the first reason of a try stays, and one of an earlier try comes too late. */
export const withReason =
  (run: Run, reason: Reason) =>
  (before: Run): Run =>
    before.tries === run.tries ? { ...before, reason: before.reason ?? reason } : before;
