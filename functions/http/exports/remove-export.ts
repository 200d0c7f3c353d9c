// DELETE /api/exports/{exportId}: removes an export. Its runs stay until they are old, and what was sent stays in Constant Contact.
import type { Deps } from '../../composition';
import { changedMeanwhile, checkMatch } from '../etag';
import { exportParams } from './export-params';
import { Problem } from '../problem';
import { requireExport } from '../requirements';
import { route } from '../route';

export const removeExport = (deps: Deps) =>
  route({
    name: 'removeExport',
    method: 'DELETE',
    path: 'exports/{exportId}',
    role: 'Contributor',
    summary: 'Remove an export that is not running. Its runs stay listed until they are old.',
    params: exportParams,
    versioned: 'optional',
    answers: { 204: { description: 'It is gone.' } },
    problems: [409],
    async handle({ request, principal, params, audit }) {
      const stored = await requireExport(deps, principal, params.exportId);
      checkMatch(request, stored);
      const { id, name } = stored.value;
      const { runId } = await deps.runs.lock(id);
      if (runId !== null) {
        throw new Problem(
          409,
          'export-running',
          'The export is running.',
          'Cancel the run first, or wait until it is over; then remove the export.',
          { runId },
        );
      }
      const removed = await deps.exports.remove(id, stored.etag);
      if (!removed && (await deps.exports.get(id))) throw changedMeanwhile();
      await audit({ action: 'export.remove', subject: { kind: 'export', id, name } });
      return { status: 204, headers: { 'cache-control': 'no-store' } };
    },
  });
