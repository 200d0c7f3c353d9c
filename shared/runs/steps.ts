// What the orchestration and its activities say to each other: references, ids and counts, never contacts.
import { z } from 'zod';
import { phaseSchema, phaseTimeSchema, runIdSchema } from './run';

const whole = z.int().min(0);

/** A step of a run as a plain function: what an activity does. */
export type Step<I extends z.ZodType, R extends z.ZodType> = (input: z.input<I>) => Promise<z.output<R>>;

/** Names of the Durable functions. They are part of what is stored: renaming one breaks runs that are on. */
export const names = {
  exportRun: 'exportRun',
  openRun: 'openRun',
  prepareBatches: 'prepareBatches',
  importBatch: 'importBatch',
  awaitImports: 'awaitImports',
  closeRun: 'closeRun',
} as const;

/** The external event that cuts short whatever the orchestration waits for. */
export const cancelEvent = 'cancel';

/** How many requests to Constant Contact it took; absent for none. */
const counted = { requests: whole.optional() };

/**
 * How often the run has gone on after a failure that passes; absent for never. Whoever brings another number than the run's row has
 * comes from before, and changes nothing.
 */
const tries = { tries: whole.optional() };

/** Nothing is wrong, but not now: `until` is in milliseconds since 1970. */
const laterSchema = z.strictObject({
  kind: z.literal('later'),
  ...counted,
  until: whole,
  why: z.enum([
    'request-budget',
    'day-budget',
    'job-queue',
    'settling',
    'constant-contact-away',
    'key-vault',
  ]),
});
export type Later = z.output<typeof laterSchema>;

/** The segment's files changed while they were opened or read. */
const changedSchema = z.strictObject({ kind: z.literal('changed'), ...counted });

/** The run does not go on: somebody cancelled it, or its row says what is wrong. */
const stoppedSchema = z.strictObject({ kind: z.literal('stopped'), ...counted });
export const stopped = { kind: 'stopped' } as const;

/** Times in milliseconds. Frozen at the start, as a replay must see the same ones. */
export const exportRunInput = z.strictObject({
  runId: runIdSchema,
  /** How many import batches are on their way at once. */
  concurrency: whole.min(1),
  pollFirst: whole,
  pollLongest: whole,
  requestsPerSecond: whole.min(1),
  /** The pause before a failed activity is tried again; it doubles from try to try. */
  retryFirst: whole.min(1).default(10_000),
});
export type ExportRunInput = z.input<typeof exportRunInput>;

export const openRunInput = z.strictObject({ runId: runIdSchema, round: whole, ...tries });
export const openRunResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('opened'), ...counted }),
  changedSchema,
  laterSchema,
  stoppedSchema,
]);

export const prepareBatchesInput = z.strictObject({ runId: runIdSchema, round: whole, ...tries });
export const prepareBatchesResult = z.discriminatedUnion('kind', [
  /** `waves[w]` is the number of batches of wave w; batches are numbered from 1 through all waves. */
  z.strictObject({ kind: z.literal('prepared'), waves: z.array(whole), contacts: whole }),
  changedSchema,
  stoppedSchema,
]);

export const importBatchInput = z.strictObject({
  runId: runIdSchema,
  batch: whole.min(1),
  attempt: whole.min(1),
});
export const importBatchResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sent'), ...counted }),
  laterSchema,
  stoppedSchema,
]);

export const awaitImportsInput = z.strictObject({ runId: runIdSchema });
export const awaitImportsResult = z.discriminatedUnion('kind', [
  /**
   * `open`: how many are still on their way; `again`: what has to be sent, as its job failed or was never accepted; `unconfirmed`: how
   * many were given up although their jobs may be open still, absent for none.
   */
  z.strictObject({
    kind: z.literal('looked'),
    ...counted,
    open: whole,
    again: z.array(z.strictObject({ batch: whole, attempt: whole })),
    unconfirmed: whole.optional(),
  }),
  laterSchema,
  stoppedSchema,
]);

/** Why the orchestration closes the run, as far as it knows; the run's row may know more. */
const closingSchema = z.enum(['done', 'changing', 'away', 'no-secrets', 'broken']);
export type Closing = z.output<typeof closingSchema>;

export const closeRunInput = z.strictObject({
  runId: runIdSchema,
  reason: closingSchema,
  /** As above; absent where nobody is there to go on: then the run is closed for good. */
  tries: whole.optional(),
  phases: z.array(phaseTimeSchema).optional(),
  requests: whole.optional(),
});
export const closeRunResult = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('closed') }),
  /** It goes on then; in milliseconds since 1970. */
  z.strictObject({ kind: z.literal('retry'), until: whole }),
]);

/** What the custom status of the orchestration shows. */
export const progressSchema = z.strictObject({
  phase: phaseSchema,
  batches: z.strictObject({ total: whole, sent: whole, done: whole }),
  contacts: whole,
  /** Set while the run is parked: until when (UTC, ISO 8601), and for what. */
  waitingUntil: z.iso.datetime().optional(),
  waitingFor: laterSchema.shape.why.optional(),
  /** A rough estimate of the time left; absent while nothing is known yet. */
  estimateSeconds: whole.optional(),
  /** Of runs that began before these were kept, there are none. */
  phases: z.array(phaseTimeSchema).optional(),
  /** To Constant Contact, so far. */
  requests: whole.optional(),
});
export type Progress = z.output<typeof progressSchema>;
