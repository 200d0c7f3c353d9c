// GET /api/connections: those that the caller may see, by name.
import { z } from 'zod';
import { mayUse } from '../../../shared/access/permissions';
import type { Deps } from '../../composition';
import { connectionView, connectionViewSchema } from './connection-view';
import { route } from '../route';

export const listConnections = (deps: Deps) =>
  route({
    name: 'listConnections',
    method: 'GET',
    path: 'connections',
    role: 'Contributor',
    summary:
      'The connections: all of them for administrators; name and type of those shared with contributors.',
    answers: {
      200: { description: 'By name.', body: z.strictObject({ connections: z.array(connectionViewSchema) }) },
    },
    async handle({ principal }) {
      const views = [];
      for await (const connection of deps.connections.list())
        if (mayUse(principal, connection)) views.push(await connectionView(deps, principal, connection));
      views.sort((one, other) => one.name.localeCompare(other.name, 'en'));
      return { headers: { 'cache-control': 'no-store' }, jsonBody: { connections: views } };
    },
  });
