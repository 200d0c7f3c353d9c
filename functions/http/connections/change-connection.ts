// PATCH /api/connections/{connectionId}: its name, with whom it is shared, the limit of the contract. Existing exports stay.
import { actorOf } from '../../../shared/access/principal';
import { connectionChangeSchema } from '../../../shared/connections/manage-connections';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { answerConnection, connectionAnswer, connectionParams } from './connection-view';
import { requireMatch } from '../etag';
import { requireConnection } from './require-connection';
import { route } from '../route';

export const changeConnection = (deps: Deps) =>
  route({
    name: 'changeConnection',
    method: 'PATCH',
    path: 'connections/{connectionId}',
    role: 'Administrator',
    summary: 'Change name, sharing or limit of a connection. Existing exports stay as they are.',
    params: connectionParams,
    body: connectionChangeSchema,
    versioned: true,
    answers: { 200: connectionAnswer },
    problems: [409],
    async handle({ request, principal, params, body, audit }) {
      const before = await requireConnection(deps, principal, params.connectionId);
      requireMatch(request, before);
      const { id } = before.value;
      const changed = await orProblem(deps, () =>
        deps.manageConnections.change(id, before.etag, body, actorOf(principal)),
      );
      const { name, sharedWith } = changed.value;
      await audit({
        action: 'connection.change',
        subject: { kind: 'connection', id, name },
        facts: { fields: Object.keys(body).join(', '), sharedWith },
      });
      return answerConnection(deps, principal, changed);
    },
  });
