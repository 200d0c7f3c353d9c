// POST /api/exports/{exportId}/duplicate: a new export that is configured like another one.
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import { draftOf, exportDraftSchema, newExport } from '../../../shared/exports/export';
import { newId } from '../../../shared/platform/ids';
import type { Deps } from '../../composition';
import { requireAttachable } from './check-draft';
import { answerExport, createdAnswer } from './export-answer';
import { exportParams } from './export-params';
import { requireExport } from '../requirements';
import { route } from '../route';
import { saveNewExport } from './save-new-export';

const copyMark = ' (copy)';
/** As long as the name of an export may be. */
const longestName = 100;

const copyOf = (name: string) => {
  const kept = name.slice(0, longestName - copyMark.length);
  // Not through the middle of a character.
  return (kept.isWellFormed() ? kept : kept.slice(0, -1)).trimEnd() + copyMark;
};

export const duplicateExport = (deps: Deps) =>
  route({
    name: 'duplicateExport',
    method: 'POST',
    path: 'exports/{exportId}/duplicate',
    role: 'Contributor',
    summary: 'Make a copy of an export, schedule included. Saving it does not run it.',
    params: exportParams,
    body: z
      .strictObject({
        name: exportDraftSchema.shape.name
          .optional()
          .meta({ description: 'Else that of the original, marked as a copy.' }),
      })
      .optional(),
    answers: { 201: createdAnswer },
    async handle({ principal, params, body, audit }) {
      const { value: original } = await requireExport(deps, principal, params.exportId);
      await requireAttachable(deps, principal, original.connectionId);
      const name = body?.name ?? copyOf(original.name);
      const by = actorOf(principal);
      const made = newExport(
        { ...draftOf(original), name },
        { id: newId(), listName: original.listName, by, at: deps.clock.now() },
      );
      const stored = await saveNewExport(deps, made);
      await audit({
        action: 'export.duplicate',
        subject: { kind: 'export', id: made.id, name },
        facts: { original: original.id },
      });
      return answerExport(deps, principal, stored, { created: true });
    },
  });
