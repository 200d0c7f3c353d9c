// POST /api/exports/{exportId}/runs: runs an export now.
import type { Deps } from '../../composition';
import { exportParams } from '../exports/export-params';
import { launchRun } from './launch-run';
import { Problem } from '../problem';
import { requireExport } from '../requirements';
import { route } from '../route';
import { runPath, runViewSchema, viewOf } from './run-view';

export const startRun = (deps: Deps) =>
  route({
    name: 'startRun',
    method: 'POST',
    path: 'exports/{exportId}/runs',
    role: 'Contributor',
    summary: 'Run an export now. When it is running already, the answer is the run that is on.',
    params: exportParams,
    answers: {
      202: {
        description: 'The run.',
        body: runViewSchema,
        headers: { Location: 'The path of the run.', 'Retry-After': 'Seconds until it is worth looking.' },
      },
    },
    problems: [404, 409],
    async handle(call) {
      const { value: wanted } = await requireExport(deps, call.principal, call.params.exportId);
      if (!wanted.connectionId) {
        throw new Problem(
          409,
          'export-detached',
          'The export has no connection.',
          'Choose a connection for it first; then run it.',
        );
      }
      const { runId } = await launchRun(deps, call, wanted);
      const run = await deps.runs.get(runId);
      if (!run) throw new Problem(409, 'run-removed', 'The run was removed meanwhile.', 'Try again.');
      return {
        status: 202,
        headers: { location: runPath(runId), 'retry-after': '2', 'cache-control': 'no-store' },
        jsonBody: viewOf(run, null),
      };
    },
  });
