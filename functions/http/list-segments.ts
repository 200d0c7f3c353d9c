// GET /api/segments: the catalogue of what can be exported.
import { SegmentFault } from '../../shared/segments/errors';
import type { CatalogueEntry } from '../../shared/segments/layout';
import type { Deps } from '../composition';
import type { Route } from './access';
import { Problem } from './problem';

export const listSegments = (deps: Deps): Route => ({
  name: 'listSegments',
  method: 'GET',
  path: 'segments',
  role: 'Contributor',
  async handle() {
    const segments = await Promise.all(
      (await catalogue(deps)).map(async ({ pointer, lastRefreshed, problem, ...entry }) => ({
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

/** What keeps the whole catalogue from being read is the segments' owner's to mend, and is told as it is. */
async function catalogue({ segments }: Deps): Promise<CatalogueEntry[]> {
  try {
    return await segments.catalogue();
  } catch (error) {
    if (error instanceof SegmentFault) {
      throw new Problem(409, error.code, 'The segments cannot be listed.', error.message);
    }
    throw error;
  }
}
