// GET /api/exports: the exports, by id; some of them, when asked.
import { z } from 'zod';
import { exportKey } from '../../../shared/exports/export-store';
import type { Export } from '../../../shared/exports/export';
import { idSchema } from '../../../shared/platform/ids';
import type { Deps } from '../../composition';
import { exportStatusSchema, exportViews, exportViewSchema } from './export-view';
import { cursorOf, keyOf, nextCursor, pageQuery } from '../cursor';
import { route } from '../route';
import { pageMayBeShort, someOf } from '../some-of';

const query = pageQuery.extend({
  connection: idSchema.optional().meta({ description: 'Only those with this connection.' }),
  status: exportStatusSchema.optional().meta({ description: 'Only those whose last run has this status.' }),
  search: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only those with this in their name, in whatever case.' }),
});

const folded = (text: string) => text.normalize('NFC').toLowerCase();

export const listExports = (deps: Deps) =>
  route({
    name: 'listExports',
    method: 'GET',
    path: 'exports',
    role: 'Viewer',
    summary: `The exports, each with how its last run went. ${pageMayBeShort}`,
    query,
    answers: {
      200: {
        description: 'A page of exports.',
        body: z.strictObject({ exports: z.array(exportViewSchema), nextCursor }),
      },
    },
    async handle({ principal, query: { limit, cursor, connection, status, search } }) {
      const wanted = ({ name, connectionId }: Export) =>
        (connection === undefined || connectionId === connection) &&
        (search === undefined || folded(name).includes(folded(search)));
      const { rows, next } = await someOf({
        limit,
        start: keyOf(cursor, exportKey),
        filtered: [connection, status, search].some((filter) => filter !== undefined),
        read: (asked) => deps.exports.page(asked),
        async keep(stored) {
          const exports = stored.map(({ value }) => value).filter(wanted);
          const views = await exportViews(deps, principal, exports);
          return views
            .filter((view) => status === undefined || view.status === status)
            .map((view) => ({ rowKey: view.id, view }));
        },
      });
      return {
        headers: { 'cache-control': 'no-store' },
        jsonBody: { exports: rows.map(({ view }) => view), nextCursor: cursorOf(next) },
      };
    },
  });
