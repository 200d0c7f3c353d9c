// GET /api/runs: the runs of all exports, or of one, newest first.
import { z } from 'zod';
import { idSchema } from '../../../shared/platform/ids';
import { runListKey } from '../../../shared/runs/run-list';
import { statusSchema } from '../../../shared/runs/run';
import type { Deps } from '../../composition';
import { cursorOf, keyOf, nextCursor, pageQuery } from '../cursor';
import { route } from '../route';
import { runViewSchema, viewOf } from './run-view';
import { pageMayBeShort, someOf } from '../some-of';

const query = pageQuery.extend({
  export: idSchema.optional().meta({ description: 'Only runs of this export.' }),
  status: statusSchema.optional().meta({ description: 'Only runs with this status.' }),
});

export const listRuns = (deps: Deps) =>
  route({
    name: 'listRuns',
    method: 'GET',
    path: 'runs',
    role: 'Viewer',
    summary: `The runs, newest first; how far one is that is on, the run itself tells. ${pageMayBeShort}`,
    query,
    answers: {
      200: {
        description: 'A page of runs.',
        body: z.strictObject({ runs: z.array(runViewSchema), nextCursor }),
      },
    },
    async handle({ query: { limit, cursor, export: exportId, status } }) {
      const { rows, next } = await someOf({
        limit,
        start: keyOf(cursor, runListKey),
        filtered: status !== undefined,
        read: (asked) => deps.runs.page({ ...asked, exportId }),
        keep: (found) =>
          Promise.resolve(found.filter(({ value }) => status === undefined || value.status === status)),
      });
      return {
        headers: { 'cache-control': 'no-store' },
        jsonBody: { runs: rows.map(({ value }) => viewOf(value, null)), nextCursor: cursorOf(next) },
      };
    },
  });
