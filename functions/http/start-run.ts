// POST /api/exports/{exportId}/runs: runs an export now.
import { newRunId } from '../../shared/runs/run';
import { requireExport } from './requirements';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import type { Route } from './access';
import { Problem } from './problem';
import { runPath, viewOf } from './run-view';

export const startRun = (deps: Deps): Route => ({
  name: 'startRun',
  method: 'POST',
  path: 'exports/{exportId}/runs',
  role: 'Contributor',
  async handle({ request, context, principal }) {
    const wanted = await requireExport(deps, principal, request.params['exportId']);
    if (!wanted.connectionId) {
      throw new Problem(
        409,
        'export-detached',
        'The export has no connection.',
        'Choose a connection for it first; then run it.',
      );
    }
    const id = newRunId(wanted.id, new Date(deps.clock.now()));
    const by = {
      kind: 'on-demand',
      by: `${principal.tenantId}/${principal.objectId}`,
      name: principal.name,
    } as const;
    const started = await deps.startRun(wanted, { id, trigger: by, pointers: {} });
    // Somebody was faster: theirs is the answer.
    const runId = started.kind === 'busy' ? started.runId : id;
    if (started.kind === 'started') await orchestrations(context).start(deps.orchestrationInput(runId));
    const run = await deps.runs.get(runId);
    if (!run) throw new Problem(409, 'run-removed', 'The run was removed meanwhile.', 'Try again.');
    return {
      status: 202,
      headers: { location: runPath(runId), 'retry-after': '2', 'cache-control': 'no-store' },
      jsonBody: viewOf(run, null),
    };
  },
});
