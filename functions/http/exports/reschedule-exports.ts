// POST /api/exports/reschedule: gives several exports the same schedule.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import { changedExport } from '../../../shared/exports/export';
import { idSchema } from '../../../shared/platform/ids';
import { exportScheduleSchema, type ExportSchedule } from '../../../shared/schedule/schedule';
import { mapLimited } from '../../../shared/segments/map-limited';
import type { Deps } from '../../composition';
import { changedMeanwhile } from '../etag';
import { Problem } from '../problem';
import { requireExport } from '../requirements';
import { route, type CallOf } from '../route';

const mostExports = 100;
/** Changes at once. */
const atOnce = 8;
/** Somebody may save another field of an export at the same moment: that is no conflict. */
const mostTries = 5;

const bodySchema = z.strictObject({
  exports: z
    .array(idSchema)
    .min(1)
    .max(mostExports)
    .refine((ids) => new Set(ids).size === ids.length, 'names an export more than once'),
  schedule: exportScheduleSchema,
});

const resultSchema = z.strictObject({
  id: z.string(),
  /** `unchanged`: it had that schedule already. */
  outcome: z.enum(['rescheduled', 'unchanged', 'refused']),
  /** Why it was refused. */
  problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
});
type Result = z.output<typeof resultSchema>;

export const rescheduleExports = (deps: Deps) =>
  route({
    name: 'rescheduleExports',
    method: 'POST',
    path: 'exports/reschedule',
    role: 'Contributor',
    summary: 'Give several exports the same schedule. Each is changed, or refused, for itself.',
    body: bodySchema,
    answers: {
      200: {
        description: 'What became of each, in the order of the request.',
        body: z.strictObject({ results: z.array(resultSchema) }),
      },
    },
    async handle(call) {
      const { exports, schedule } = call.body;
      const results = await mapLimited(exports, atOnce, async (id): Promise<Result> => {
        try {
          const outcome = await reschedule(deps, call, id, schedule);
          return { id, outcome, problem: null };
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          return { id, outcome: 'refused', problem: { code: error.code, message: error.title } };
        }
      });
      return { headers: { 'cache-control': 'no-store' }, jsonBody: { results } };
    },
  });

async function reschedule(
  deps: Deps,
  { principal, audit }: Pick<CallOf<unknown, unknown, unknown>, 'principal' | 'audit'>,
  id: string,
  schedule: ExportSchedule,
): Promise<'rescheduled' | 'unchanged'> {
  for (let tries = 0; tries < mostTries; tries++) {
    const { value: before, etag } = await requireExport(deps, principal, id);
    if (isDeepStrictEqual(before.schedule, schedule)) return 'unchanged';
    const after = changedExport(before, { schedule }, { by: actorOf(principal), at: deps.clock.now() });
    const saved = await deps.exports.change(after, etag);
    if (!saved) continue;
    await deps.takeAsKnown(saved.value);
    await audit({
      action: 'export.reschedule',
      subject: { kind: 'export', id, name: after.name },
      facts: { schedule: schedule.kind },
    });
    return 'rescheduled';
  }
  throw changedMeanwhile();
}
