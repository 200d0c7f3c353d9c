// POST /api/connections/{connectionId}/lists: makes a contact list in the connected account.
import { z } from 'zod';
import { ConnectionBeingRemoved } from '../../../shared/connections/connection-errors';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { connectionParams } from './connection-view';
import { contactListView, contactListViewSchema } from './contact-list-view';
import { requireConnection, requireSignedIn } from './require-connection';
import { route } from '../route';

export const createContactList = (deps: Deps) =>
  route({
    name: 'createContactList',
    method: 'POST',
    path: 'connections/{connectionId}/lists',
    role: 'Contributor',
    summary: 'Make a contact list in the connected account.',
    params: connectionParams,
    // Source: API reference of Constant Contact, at most 255 characters.
    body: z.strictObject({ name: z.string().trim().min(1).max(255) }),
    answers: { 201: { description: 'The new list.', body: contactListViewSchema } },
    problems: [409, 503],
    async handle({ principal, params, body, audit }) {
      const { value } = await requireConnection(deps, principal, params.connectionId);
      const made = await orProblem(deps, async () => {
        if (value.removing) throw new ConnectionBeingRemoved(value.id);
        await requireSignedIn(deps, value);
        return deps.constantContact(value.id).createContactList(body.name);
      });
      await audit({
        action: 'connection.create-list',
        subject: { kind: 'connection', id: value.id, name: value.name },
        facts: { list: made.id },
      });
      return { status: 201, headers: { 'cache-control': 'no-store' }, jsonBody: contactListView(made) };
    },
  });
