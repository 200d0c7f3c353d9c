// GET /api/exports/{exportId}: one export, for everybody who may see exports.
import type { Deps } from '../../composition';
import { answerExport, exportAnswer } from './export-answer';
import { exportParams } from './export-params';
import { notFound } from '../problem';
import { route } from '../route';

export const readExport = (deps: Deps) =>
  route({
    name: 'readExport',
    method: 'GET',
    path: 'exports/{exportId}',
    role: 'Viewer',
    summary: 'One export.',
    params: exportParams,
    answers: { 200: exportAnswer },
    async handle({ principal, params }) {
      const stored = await deps.exports.get(params.exportId);
      if (!stored) throw notFound('export');
      return answerExport(deps, principal, stored);
    },
  });
