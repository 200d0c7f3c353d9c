// PATCH /api/exports/{exportId}: changes what is given, and leaves the rest. `connectionId: null` detaches it.
import { isDeepStrictEqual } from 'node:util';
import { actorOf } from '../../../shared/access/principal';
import {
  changedExport,
  exportChangeSchema,
  type Export,
  type ExportChange,
} from '../../../shared/exports/export';
import type { Deps } from '../../composition';
import { checkDraft } from './check-draft';
import { changedMeanwhile, requireMatch } from '../etag';
import { answerExport, exportAnswer } from './export-answer';
import { exportParams } from './export-params';
import { requireExport, requireUsable } from '../requirements';
import { route } from '../route';

type Field = keyof ExportChange;

/** What only the account and the segments can tell to be right. */
const checked: readonly Field[] = ['connectionId', 'listId', 'mapping', 'segments'];

export const changeExport = (deps: Deps) =>
  route({
    name: 'changeExport',
    method: 'PATCH',
    path: 'exports/{exportId}',
    role: 'Contributor',
    summary:
      'Change an export, detach its connection, or choose another one. A run that is on goes on as it began.',
    params: exportParams,
    body: exportChangeSchema,
    versioned: true,
    answers: { 200: exportAnswer },
    problems: [503],
    async handle({ request, principal, params, body, audit }) {
      const stored = await requireExport(deps, principal, params.exportId);
      requireMatch(request, stored);
      const before = stored.value;
      const fields = (Object.keys(body) as Field[]).filter(
        (field) => body[field] !== undefined && !isDeepStrictEqual(body[field], before[field]),
      );
      if (fields.length === 0) return answerExport(deps, principal, stored);

      const { listName } = await check({ ...before, ...body } as Export, fields);
      const by = actorOf(principal);
      const after = changedExport(before, { ...body, listName }, { by, at: deps.clock.now() });
      const saved = await deps.exports.change(after, stored.etag);
      if (!saved) throw changedMeanwhile();
      await deps.takeAsKnown(saved.value);
      await audit({
        action:
          body.connectionId === null && before.connectionId !== null ? 'export.detach' : 'export.change',
        subject: { kind: 'export', id: after.id, name: after.name },
        facts: { fields: fields.join(', ') },
      });
      return answerExport(deps, principal, saved);

      async function check(after: Export, changed: readonly Field[]): Promise<{ listName: string | null }> {
        const isDetached = after.connectionId === null;
        // What is only taken away, or named otherwise, needs nobody's word: it can be done also when an account or a segment is gone.
        const toCheck = checked.filter((field) => !(isDetached && field === 'connectionId'));
        if (!changed.some((field) => toCheck.includes(field))) {
          await requireUsable(deps, principal, after.connectionId);
          return { listName: before.listName };
        }
        const found = await checkDraft(deps, principal, after);
        const isSameList = after.listId === before.listId;
        return { listName: found.listName ?? (isSameList ? before.listName : null) };
      }
    },
  });
