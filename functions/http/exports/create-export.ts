// POST /api/exports: configures a new export. Saving it does not run it.
import { actorOf } from '../../../shared/access/principal';
import { exportDraftSchema, newExport } from '../../../shared/exports/export';
import { newId } from '../../../shared/platform/ids';
import type { Deps } from '../../composition';
import { checkDraft } from './check-draft';
import { answerExport, createdAnswer } from './export-answer';
import { route } from '../route';
import { saveNewExport } from './save-new-export';

export const createExport = (deps: Deps) =>
  route({
    name: 'createExport',
    method: 'POST',
    path: 'exports',
    role: 'Contributor',
    summary:
      'Configure a new export. It is checked against the account and the segments; saving it does not run it.',
    body: exportDraftSchema,
    answers: { 201: createdAnswer },
    problems: [503],
    async handle({ principal, body, audit }) {
      const { listName } = await checkDraft(deps, principal, body);
      const by = actorOf(principal);
      const made = newExport(body, { id: newId(), listName, by, at: deps.clock.now() });
      const stored = await saveNewExport(deps, made);
      await audit({ action: 'export.create', subject: { kind: 'export', id: made.id, name: made.name } });
      return answerExport(deps, principal, stored, { created: true });
    },
  });
