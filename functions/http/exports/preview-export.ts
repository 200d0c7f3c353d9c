// POST /api/exports/preview: what a draft would send, from the first rows of its segments.
import { exportDraftSchema } from '../../../shared/exports/export';
import { previewSchema } from '../../../shared/exports/preview-export';
import type { Deps } from '../../composition';
import { requireUsable } from '../requirements';
import { route } from '../route';

/** Only what the preview needs has to be filled in already. */
const draft = exportDraftSchema.partial({ name: true, listId: true });

export const previewExport = (deps: Deps) =>
  route({
    name: 'previewExport',
    method: 'POST',
    path: 'exports/preview',
    role: 'Contributor',
    summary:
      'Read the first rows of each segment of a draft, and show contacts as they would be sent. Nothing is saved or sent; that somebody ' +
      'looked is on record.',
    body: draft,
    answers: { 200: { description: 'What would be sent.', body: previewSchema } },
    async handle({ principal, body, audit }) {
      await requireUsable(deps, principal, body.connectionId);
      // Before anything is shown: a look that is not on record does not happen.
      await audit({
        action: 'export.preview',
        subject: { kind: 'export', id: 'draft', name: body.name ?? null },
        facts: { segments: body.segments.join(', ') },
      });
      return {
        headers: { 'cache-control': 'no-store' },
        jsonBody: await deps.previewExport(body),
      };
    },
  });
