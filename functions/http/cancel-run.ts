// POST /api/runs/{runId}/cancel: asks a run to stop. What Constant Contact has accepted stays there.
import { isOver } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import type { Route } from './access';
import { Problem } from './problem';
import { requireOwnRun } from './requirements';
import { runPath, viewOf } from './run-view';

export const cancelRun = (deps: Deps): Route => ({
  name: 'cancelRun',
  method: 'POST',
  path: 'runs/{runId}/cancel',
  role: 'Contributor',
  async handle({ request, context, principal }) {
    const { id } = await requireOwnRun(deps, principal, request.params['runId']);
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
    await orchestrations(context).wake(id);
    return {
      status: 202,
      headers: { location: runPath(id), 'cache-control': 'no-store' },
      jsonBody: viewOf(run, null),
    };
  },
});
