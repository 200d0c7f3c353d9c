// A run as the HTTP API shows it.
import { z } from 'zod';
import {
  isOver,
  reasonSchema,
  runIdSchema,
  runCountsSchema,
  statusSchema,
  triggerSchema,
  type Run,
} from '../../shared/runs/run';
import { progressSchema } from '../../shared/runs/steps';

export const runViewSchema = z.strictObject({
  id: z.string(),
  export: z.strictObject({ id: z.string(), name: z.string() }),
  segments: z.array(z.string()),
  trigger: z.discriminatedUnion('kind', [
    triggerSchema.options[0].omit({ by: true }),
    triggerSchema.options[1],
  ]),
  status: statusSchema,
  reason: reasonSchema.nullable(),
  warnings: z.array(z.string()),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  cancelRequested: z.boolean(),
  /** Where the run stands, while it is on. */
  progress: progressSchema.nullable(),
  /** `read = accepted + duplicate + rejected + refused + unconfirmed + notSent`; known at the end. */
  counts: runCountsSchema.nullable(),
  rejectedByReason: z.record(z.string(), z.int()).nullable(),
  cutByField: z.record(z.string(), z.int()).nullable(),
  links: z.strictObject({ self: z.string(), cancel: z.string().nullable(), rejects: z.string().nullable() }),
});
export type RunView = z.output<typeof runViewSchema>;

/** Of the routes of one run. */
export const runParams = z.object({ runId: runIdSchema });

export const runPath = (runId: string): string => `/api/runs/${runId}`;

export function viewOf(run: Run, customStatus: unknown): RunView {
  const over = isOver(run.status);
  const progress = progressSchema.safeParse(customStatus);
  return {
    id: run.id,
    export: { id: run.exportId, name: run.exportName },
    segments: run.segments,
    trigger:
      run.trigger.kind === 'on-demand' ? { kind: run.trigger.kind, name: run.trigger.name } : run.trigger,
    status: run.status,
    reason: run.reason,
    warnings: run.warnings,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    cancelRequested: run.cancelRequested,
    progress: !over && progress.success ? progress.data : null,
    counts: run.counts,
    rejectedByReason: run.rejectedByReason,
    cutByField: run.cutByField,
    links: {
      self: runPath(run.id),
      cancel: over ? null : `${runPath(run.id)}/cancel`,
      rejects: run.rejects ? `${runPath(run.id)}/rejects` : null,
    },
  };
}
