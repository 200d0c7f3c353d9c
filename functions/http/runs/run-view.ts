// A run as the HTTP API shows it.
import { z } from 'zod';
import {
  isOver,
  phaseTimeSchema,
  reasonSchema,
  runIdSchema,
  runCountsSchema,
  statusSchema,
  triggerSchema,
  type Run,
} from '../../../shared/runs/run';
import { runDetailsSchema } from '../../../shared/runs/run-details';
import { progressSchema } from '../../../shared/runs/steps';

export const runViewSchema = z.strictObject({
  id: z.string(),
  export: z.strictObject({ id: z.string(), name: z.string() }),
  segments: z.array(z.string()),
  trigger: z.discriminatedUnion('kind', [
    triggerSchema.options[0].omit({ by: true }),
    triggerSchema.options[1],
    triggerSchema.options[2],
    triggerSchema.options[3],
  ]),
  status: statusSchema,
  reason: reasonSchema.nullable(),
  /** How often it has gone on, or will, after it failed for a cause that passes. */
  tries: z.int().min(0),
  /** When it goes on; `null` unless it is `Failed (retrying)`. */
  retryAt: z.iso.datetime().nullable(),
  /** The run whose batches it sends that did not go through. */
  retryOf: z.string().nullable(),
  warnings: z.array(z.string()),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  cancelRequested: z.boolean(),
  /** Where the run stands, while it is on. */
  progress: progressSchema.omit({ phases: true, requests: true }).nullable(),
  /** In the order in which it first was in them; `null` where nobody tells, as in lists of runs that are on. */
  phases: z.array(phaseTimeSchema).nullable(),
  /** To Constant Contact; `null` like `phases`. */
  requests: z.int().min(0).nullable(),
  /** `read = accepted + duplicate + rejected + refused + unconfirmed + notSent`; known at the end. */
  counts: runCountsSchema.nullable(),
  rejectedByReason: z.record(z.string(), z.int()).nullable(),
  cutByField: z.record(z.string(), z.int()).nullable(),
  links: z.strictObject({
    self: z.string(),
    cancel: z.string().nullable(),
    rejects: z.string().nullable(),
    /** Where batches were left that can be sent by another run. */
    retry: z.string().nullable(),
  }),
});
export type RunView = z.output<typeof runViewSchema>;

export const runInDetailSchema = runViewSchema.extend({
  /** By segment and by batch; `null` before the run is prepared, and when its files are gone. */
  details: runDetailsSchema.nullable(),
});

/** Of the routes of one run. */
export const runParams = z.object({ runId: runIdSchema });

export const runPath = (runId: string): string => `/api/runs/${runId}`;

export function viewOf(run: Run, customStatus: unknown): RunView {
  const over = isOver(run.status);
  const told = progressSchema.safeParse(customStatus);
  const { phases, requests, ...progress } = told.data ?? {};
  return {
    id: run.id,
    export: { id: run.exportId, name: run.exportName },
    segments: run.segments,
    trigger:
      run.trigger.kind === 'on-demand' ? { kind: run.trigger.kind, name: run.trigger.name } : run.trigger,
    status: run.status,
    reason: run.reason,
    tries: run.tries,
    retryAt: run.retryAt,
    retryOf: run.retryOf,
    warnings: run.warnings,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    cancelRequested: run.cancelRequested,
    progress: !over && told.success ? (progress as RunView['progress']) : null,
    phases: over ? run.phases : (phases ?? null),
    requests: over ? run.requests : (requests ?? null),
    counts: run.counts,
    rejectedByReason: run.rejectedByReason,
    cutByField: run.cutByField,
    links: {
      self: runPath(run.id),
      cancel: over ? null : `${runPath(run.id)}/cancel`,
      rejects: run.rejects ? `${runPath(run.id)}/rejects` : null,
      retry: over && run.batchesLeft ? `${runPath(run.id)}/retry` : null,
    },
  };
}
