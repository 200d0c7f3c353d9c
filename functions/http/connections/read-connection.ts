// GET /api/connections/{connectionId}: a connection, and how it is doing, without a call to Constant Contact.
import type { Deps } from '../../composition';
import { answerConnection, connectionAnswer, connectionParams } from './connection-view';
import { requireConnection } from './require-connection';
import { route } from '../route';

export const readConnection = (deps: Deps) =>
  route({
    name: 'readConnection',
    method: 'GET',
    path: 'connections/{connectionId}',
    role: 'Contributor',
    summary: 'A connection, and how it is doing.',
    params: connectionParams,
    answers: { 200: connectionAnswer },
    handle: async ({ principal, params }) =>
      answerConnection(deps, principal, await requireConnection(deps, principal, params.connectionId)),
  });
