// POST /api/runs/{runId}/cancel: asks a run to stop. What Constant Contact has accepted stays there.
import { isOver } from '../../../shared/runs/run';
import type { Deps } from '../../composition';
import { orchestrations } from '../../durable';
import { Problem } from '../problem';
import { requireOwnRun } from '../requirements';
import { route } from '../route';
import { runParams, runPath, runViewSchema, viewOf } from './run-view';

export const cancelRun = (deps: Deps) =>
  route({
    name: 'cancelRun',
    method: 'POST',
    path: 'runs/{runId}/cancel',
    role: 'Contributor',
    summary: 'Ask a run to stop. What Constant Contact has accepted stays there.',
    params: runParams,
    answers: {
      202: {
        description: 'The run, which ends as soon as it looks at the mark.',
        body: runViewSchema,
        headers: { Location: 'The path of the run.' },
      },
    },
    problems: [404, 409],
    async handle({ context, principal, params, audit }) {
      const { id } = await requireOwnRun(deps, principal, params.runId);
      const run = await deps.runs.update(id, (before) => ({ ...before, cancelRequested: true }));
      if (isOver(run.status)) {
        throw new Problem(
          409,
          'run-over',
          'The run is over.',
          `It ended as "${run.status}"; there is nothing left to cancel.`,
        );
      }
      deps.log.info('run.cancel-requested', { run: id, export: run.exportId });
      await audit({ action: 'run.cancel', subject: { kind: 'run', id, name: run.exportName } });
      await orchestrations(context).wake(id);
      return {
        status: 202,
        headers: { location: runPath(id), 'cache-control': 'no-store' },
        jsonBody: viewOf(run, null),
      };
    },
  });
