// POST /api/connections: a new connection, which sends nothing before somebody has agreed and signed in.
import { actorOf } from '../../../shared/access/principal';
import { newConnectionSchema } from '../../../shared/connections/manage-connections';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { answerConnection, connectionAnswer, connectionPath } from './connection-view';
import { etagOf } from '../etag';
import { route } from '../route';

export const createConnection = (deps: Deps) =>
  route({
    name: 'createConnection',
    method: 'POST',
    path: 'connections',
    role: 'Administrator',
    summary: 'Make a connection. Agree and sign in next.',
    body: newConnectionSchema,
    answers: {
      201: {
        ...connectionAnswer,
        headers: { ...connectionAnswer.headers, Location: 'The path of the connection.' },
      },
    },
    problems: [409],
    async handle({ principal, body, audit }) {
      const made = await orProblem(deps, () => deps.manageConnections.create(body, actorOf(principal)));
      const { id, name, sharedWith } = made.value;
      await audit({
        action: 'connection.create',
        subject: { kind: 'connection', id, name },
        facts: { sharedWith },
      });
      const answer = await answerConnection(deps, principal, made);
      return {
        ...answer,
        status: 201,
        headers: { etag: etagOf(made), 'cache-control': 'no-store', location: connectionPath(id) },
      };
    },
  });
