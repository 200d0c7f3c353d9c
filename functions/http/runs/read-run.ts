// GET /api/runs/{runId}: what is known of a run, and how far it is.
import { isOver } from '../../../shared/runs/run';
import type { Deps } from '../../composition';
import { orchestrations } from '../../durable';
import { requireRun } from '../requirements';
import { route } from '../route';
import { runInDetailSchema, runParams, viewOf } from './run-view';

export const readRun = (deps: Deps) =>
  route({
    name: 'readRun',
    method: 'GET',
    path: 'runs/{runId}',
    role: 'Viewer',
    summary: 'What is known of a run, by segment and by batch as well, and how far it is.',
    params: runParams,
    answers: { 200: { description: 'The run.', body: runInDetailSchema } },
    problems: [404],
    async handle({ context, params }) {
      const run = await requireRun(deps, params.runId);
      const customStatus = isOver(run.status)
        ? null
        : (await orchestrations(context).look(run.id)).customStatus;
      const view = viewOf(run, customStatus);
      const [details, refusal] = await Promise.all([
        deps.runDetails(run),
        view.links.retry === null ? undefined : deps.retryRun.refusal(run),
      ]);
      const links = { ...view.links, retry: refusal ? null : view.links.retry };
      return {
        headers: { 'cache-control': 'no-store' },
        jsonBody: { ...view, links, details: details ?? null },
      };
    },
  });
