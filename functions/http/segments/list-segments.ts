// GET /api/segments: the catalogue of what can be exported.
import { z } from 'zod';
import { SegmentFault } from '../../../shared/segments/errors';
import type { CatalogueEntry } from '../../../shared/segments/layout';
import type { Deps } from '../../composition';
import { Problem } from '../problem';
import { route } from '../route';

const catalogueSchema = z.strictObject({
  segments: z.array(
    z.strictObject({
      name: z.string(),
      /** How many files it has; 0 when they could not be found. */
      shards: z.int(),
      /** In the order of the file; empty when they are not known. */
      columns: z.array(z.string()),
      /** Known once a run has read this very data. */
      rows: z.int().nullable(),
      lastRefreshed: z.iso.datetime().nullable(),
      /** Why it cannot be exported as it is. */
      problem: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});

export const listSegments = (deps: Deps) =>
  route({
    name: 'listSegments',
    method: 'GET',
    path: 'segments',
    role: 'Contributor',
    summary: 'The catalogue of what can be exported.',
    answers: { 200: { description: 'The segments, by name.', body: catalogueSchema } },
    problems: [409],
    async handle() {
      const segments = await Promise.all(
        (await catalogue(deps)).map(async ({ pointer, lastRefreshed, problem, ...entry }) => ({
          ...entry,
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
