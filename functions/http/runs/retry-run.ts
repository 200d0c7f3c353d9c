// POST /api/runs/{runId}/retry: another run, which sends what this one left.
import { actorOf } from '../../../shared/access/principal';
import type { Deps } from '../../composition';
import { orchestrations } from '../../durable';
import { orProblem } from '../connections/connection-problem';
import { Problem } from '../problem';
import { requireOwnRun } from '../requirements';
import { route } from '../route';
import { runParams, runPath, runViewSchema, viewOf } from './run-view';

const secondsUntil = (until: number, now: number) => String(Math.max(1, Math.ceil((until - now) / 1000)));

export const retryRun = (deps: Deps) =>
  route({
    name: 'retryRun',
    method: 'POST',
    path: 'runs/{runId}/retry',
    role: 'Contributor',
    summary:
      'Send the batches of a run that did not go through, as they were made then, by another run. Refused when a later run of the export has sent something, and while import jobs of the run may be open at Constant Contact.',
    params: runParams,
    answers: {
      202: {
        description: 'The other run.',
        body: runViewSchema,
        headers: { Location: 'Its path.', 'Retry-After': 'Seconds until it is worth looking.' },
      },
    },
    problems: [404, 409, 503],
    async handle({ context, principal, params, audit }) {
      const earlier = await requireOwnRun(deps, principal, params.runId);
      const actor = actorOf(principal);
      const trigger = { kind: 'on-demand', by: actor.id, name: actor.name } as const;
      const outcome = await orProblem(deps, () => deps.retryRun.start(earlier, trigger));
      if (outcome.kind === 'refused') {
        const { reason, runId, until } = outcome;
        const extra = runId === undefined ? {} : { run: runPath(runId) };
        const wait = until === undefined ? {} : { 'retry-after': secondsUntil(until, deps.clock.now()) };
        throw new Problem(409, reason.code, 'This run cannot be retried.', reason.sentence, extra, wait);
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
