// POST /api/runs/{runId}/retry: another run, which sends what this one left.
import { actorOf } from '../../../shared/access/principal';
import type { Deps } from '../../composition';
import { orchestrations } from '../../durable';
import { Problem } from '../problem';
import { requireOwnRun } from '../requirements';
import { route } from '../route';
import { runParams, runPath, runViewSchema, viewOf } from './run-view';

export const retryRun = (deps: Deps) =>
  route({
    name: 'retryRun',
    method: 'POST',
    path: 'runs/{runId}/retry',
    role: 'Contributor',
    summary:
      'Send the batches of a run that did not go through, as they were made then, by another run. Refused when a later run of the export has sent something.',
    params: runParams,
    answers: {
      202: {
        description: 'The other run.',
        body: runViewSchema,
        headers: { Location: 'Its path.', 'Retry-After': 'Seconds until it is worth looking.' },
      },
    },
    problems: [404, 409],
    async handle({ context, principal, params, audit }) {
      const earlier = await requireOwnRun(deps, principal, params.runId);
      const actor = actorOf(principal);
      const trigger = { kind: 'on-demand', by: actor.id, name: actor.name } as const;
      const outcome = await deps.retryRun.start(earlier, trigger);
      if (outcome.kind === 'refused') {
        const { reason, runId } = outcome;
        const extra = runId === undefined ? {} : { run: runPath(runId) };
        throw new Problem(409, reason.code, 'This run cannot be retried.', reason.sentence, extra);
      }
      const { run } = outcome;
      await orchestrations(context).start(deps.orchestrationInput(run.id));
      await audit({
        action: 'run.retry',
        subject: { kind: 'run', id: run.id, name: run.exportName },
        facts: { retryOf: earlier.id },
      });
      return {
        status: 202,
        headers: { location: runPath(run.id), 'retry-after': '2', 'cache-control': 'no-store' },
        jsonBody: viewOf(run, null),
      };
    },
  });
