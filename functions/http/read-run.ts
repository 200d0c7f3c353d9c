// GET /api/runs/{runId}: what is known of a run, and how far it is.
import { isOver } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import { requireRun } from './requirements';
import { route } from './route';
import { runParams, runViewSchema, viewOf } from './run-view';

export const readRun = (deps: Deps) =>
  route({
    name: 'readRun',
    method: 'GET',
    path: 'runs/{runId}',
    role: 'Viewer',
    summary: 'What is known of a run, and how far it is.',
    params: runParams,
    answers: { 200: { description: 'The run.', body: runViewSchema } },
    problems: [404],
    async handle({ context, params }) {
      const run = await requireRun(deps, params.runId);
      const customStatus = isOver(run.status)
        ? null
        : (await orchestrations(context).look(run.id)).customStatus;
      return { headers: { 'cache-control': 'no-store' }, jsonBody: viewOf(run, customStatus) };
    },
  });
