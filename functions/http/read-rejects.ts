// GET /api/runs/{runId}/rejects: the rejects file of a run, as a download.
import type { Deps } from '../composition';
import type { Route } from './access';
import { Problem } from './problem';
import { requireOwnRun } from './requirements';

export const readRejects = (deps: Deps): Route => ({
  name: 'readRejects',
  method: 'GET',
  path: 'runs/{runId}/rejects',
  role: 'Contributor',
  async handle({ request, principal }) {
    const run = await requireOwnRun(deps, principal, request.params['runId']);
    const facts = run.rejects ? await deps.files.facts(run.rejects) : undefined;
    if (!facts) {
      throw new Problem(
        404,
        'no-rejects',
        'This run has no rejects file.',
        'It is written when the profiles have been read.',
      );
    }
    deps.log.info('rejects.downloaded', {
      run: run.id,
      export: run.exportId,
      by: `${principal.tenantId}/${principal.objectId}`,
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
