// GET /api/connections/{connectionId}/lists: the contact lists of the connected account.
import { z } from 'zod';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { connectionParams } from './connection-view';
import { contactListView, contactListViewSchema } from './contact-list-view';
import { requireConnection, requireSignedIn } from './require-connection';
import { route } from '../route';

export const listContactLists = (deps: Deps) =>
  route({
    name: 'listContactLists',
    method: 'GET',
    path: 'connections/{connectionId}/lists',
    role: 'Contributor',
    summary: 'The contact lists of the connected account, by name.',
    params: connectionParams,
    answers: {
      200: { description: 'The lists.', body: z.strictObject({ lists: z.array(contactListViewSchema) }) },
    },
    problems: [409, 503],
    async handle({ principal, params }) {
      const { value } = await requireConnection(deps, principal, params.connectionId);
      const lists = await orProblem(deps, async () => {
        await requireSignedIn(deps, value);
        return deps.constantContact(value.id).contactLists();
      });
      const views = lists.filter(({ deleted }) => !deleted).map(contactListView);
      views.sort((one, other) => one.name.localeCompare(other.name, 'en'));
      return { headers: { 'cache-control': 'no-store' }, jsonBody: { lists: views } };
    },
  });
