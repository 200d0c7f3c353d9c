// GET /api/segments: the catalogue of what can be exported.
import type { Deps } from '../composition';
import type { Route } from './access';

export const listSegments = (deps: Deps): Route => ({
  name: 'listSegments',
  method: 'GET',
  path: 'segments',
  role: 'Contributor',
  async handle() {
    const segments = await Promise.all(
      (await deps.segments.catalogue()).map(async ({ pointer, lastRefreshed, problem, ...entry }) => ({
        ...entry,
        /** Known once a run has read this very data. */
        rows: (pointer && (await deps.rowCounts.find(entry.name, pointer))) ?? null,
        lastRefreshed: lastRefreshed ?? null,
        problem: problem ?? null,
      })),
    );
    return { headers: { 'cache-control': 'no-store' }, jsonBody: { segments } };
  },
});
