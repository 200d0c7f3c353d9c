// POST /api/exports/{exportId}/runs: runs an export now.
import { actorOf } from '../../shared/access/principal';
import { newRunId } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import { Problem } from './problem';
import { requireExport } from './requirements';
import { route } from './route';
import { exportParams } from './export-params';
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
    async handle({ context, principal, params, audit }) {
      const wanted = await requireExport(deps, principal, params.exportId);
      if (!wanted.connectionId) {
        throw new Problem(
          409,
          'export-detached',
          'The export has no connection.',
          'Choose a connection for it first; then run it.',
        );
      }
      const id = newRunId(wanted.id, new Date(deps.clock.now()));
      const actor = actorOf(principal);
      const trigger = { kind: 'on-demand', by: actor.id, name: actor.name } as const;
      const started = await deps.startRun(wanted, { id, trigger, pointers: {} });
      // Somebody was faster: theirs is the answer.
      const runId = started.kind === 'busy' ? started.runId : id;
      if (started.kind === 'started') await orchestrations(context).start(deps.orchestrationInput(runId));
      if (started.kind === 'started')
        await audit({ action: 'run.start', subject: { kind: 'run', id: runId, name: wanted.name } });
      const run = await deps.runs.get(runId);
      if (!run) throw new Problem(409, 'run-removed', 'The run was removed meanwhile.', 'Try again.');
      return {
        status: 202,
        headers: { location: runPath(runId), 'retry-after': '2', 'cache-control': 'no-store' },
        jsonBody: viewOf(run, null),
      };
    },
  });
