// GET /api/runs/{runId}/rejects: the rejects file of a run, as a download.
import { isOver } from '../../../shared/runs/run';
import type { Deps } from '../../composition';
import { Problem } from '../problem';
import { requireOwnRun } from '../requirements';
import { route } from '../route';
import { runParams } from './run-view';

export const readRejects = (deps: Deps) =>
  route({
    name: 'readRejects',
    method: 'GET',
    path: 'runs/{runId}/rejects',
    role: 'Contributor',
    summary: 'The rejects file of a run. Each download is on record.',
    params: runParams,
    answers: { 200: { description: 'The rejected rows, each with its reason.', contentType: 'text/csv' } },
    problems: [404],
    async handle({ principal, params, audit }) {
      const run = await requireOwnRun(deps, principal, params.runId);
      const facts = run.rejects ? await deps.files.facts(run.rejects) : undefined;
      if (!facts) {
        throw new Problem(
          404,
          'no-rejects',
          'This run has no rejects file.',
          isOver(run.status)
            ? 'The run is over without one: it ended before its profiles were read, or its files are gone, as they are kept for a limited time.'
            : 'It is there when the run has ended.',
        );
      }
      // Before anything is handed out: a download that is not on record does not happen.
      await audit({
        action: 'run.download-rejects',
        subject: { kind: 'run', id: run.id, name: run.exportName },
      });
      return {
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="rejects-${run.id}.csv"`,
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        },
        body: await deps.files.stream(facts.name, facts.etag),
      };
    },
  });
