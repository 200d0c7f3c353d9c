// GET /api/runs/{runId}: what is known of a run, and how far it is.
import { isOver } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import type { Route } from './access';
import { requireRun } from './requirements';
import { viewOf } from './run-view';

export const readRun = (deps: Deps): Route => ({
  name: 'readRun',
  method: 'GET',
  path: 'runs/{runId}',
  role: 'Viewer',
  async handle({ request, context }) {
    const run = await requireRun(deps, request.params['runId']);
    const customStatus = isOver(run.status)
      ? null
      : (await orchestrations(context).look(run.id)).customStatus;
    return { headers: { 'cache-control': 'no-store' }, jsonBody: viewOf(run, customStatus) };
  },
});
