// GET /api/health/ready: whether what the app stands on answers, and what to look at when it does not.
import { z } from 'zod';
import type { Deps } from '../../composition';
import { route } from '../route';

const findingSchema = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  problem: z.strictObject({ code: z.string(), remedy: z.string() }).nullable(),
});
const readySchema = z.strictObject({
  status: z.enum(['ready', 'not-ready']),
  checks: z.array(findingSchema),
});

export const ready = (deps: Deps) =>
  route({
    name: 'ready',
    method: 'GET',
    path: 'health/ready',
    role: 'Administrator',
    needsStorage: false,
    summary: 'Whether storage, segments and vault answer, with the rights that the app needs there.',
    answers: {
      200: { description: 'They do.', body: readySchema },
      503: { description: 'Not all of them: each says what to look at.', body: readySchema },
    },
    async handle() {
      const checks = await deps.readiness();
      const well = checks.every(({ ok }) => ok);
      return {
        status: well ? 200 : 503,
        headers: { 'cache-control': 'no-store' },
        jsonBody: { status: well ? 'ready' : 'not-ready', checks },
      };
    },
  });
