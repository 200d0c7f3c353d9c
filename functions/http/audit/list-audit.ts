// GET /api/audit: who did what, newest first.
import { z } from 'zod';
import { auditEntrySchema, auditKey } from '../../../shared/access/audit';
import type { Deps } from '../../composition';
import { cursorOf, keyOf, nextCursor, pageQuery } from '../cursor';
import { route } from '../route';

export const listAudit = (deps: Deps) =>
  route({
    name: 'listAudit',
    method: 'GET',
    path: 'audit',
    role: 'Administrator',
    summary: 'Who did what to which connection, export, schedule or run, when and from where; newest first.',
    query: pageQuery,
    answers: {
      200: {
        description: 'A page of entries.',
        body: z.strictObject({ entries: z.array(auditEntrySchema), nextCursor }),
      },
    },
    async handle({ query: { limit, cursor } }) {
      const { rows, next } = await deps.audit.page(limit, keyOf(cursor, auditKey));
      return {
        headers: { 'cache-control': 'no-store' },
        jsonBody: { entries: rows.map(({ value }) => value), nextCursor: cursorOf(next) },
      };
    },
  });
