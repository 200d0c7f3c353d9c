// `/contact_lists`: the lists of the account.
import { z } from 'zod';
import { conflict, invalid, notFound, ok, timestamp } from './answers';
import { showActivity } from './api-activities';
import type { ApiContext } from './api';
import { jsonOf, type Call, type Answer } from '../call';
import type { List } from './lists';
import type { Account } from './account';
import { linksTo, pageOf, readWindow } from './paging';

const mostLists = 1_000;
const newListSchema = z.object({
  name: z.string().trim().min(1).max(255),
  description: z.string().optional(),
  favorite: z.boolean().optional(),
});

export function getLists(call: Call, { account }: ApiContext): Answer {
  const window = readWindow(call.query, 500);
  const status = window?.query.get('status') ?? 'active';
  if (!window || !['all', 'active', 'deleted'].includes(status))
    return invalid('limit or status does not have a valid value');
  const counted = window.query.get('include_membership_count');
  if (!isCount(counted)) return invalid('include_membership_count does not have a valid value');
  const name = window.query.get('name');
  const found = account.lists
    .all()
    .filter((list) => status === 'all' || (list.deletedAt === undefined) === (status === 'active'))
    .filter((list) => name === null || list.name === name);
  const { page, next } = pageOf(found, window);
  return ok({
    lists: page.map((list) => showList(list, account, counted)),
    ...(window.query.get('include_count') === 'true' && { lists_count: found.length }),
    ...linksTo('/v3/contact_lists', window, next),
  });
}

export function postList(call: Call, { account }: ApiContext): Answer {
  const wanted = newListSchema.safeParse(jsonOf(call));
  if (!wanted.success) return invalid('name is missing, name does not have a valid value');
  const { name, description, favorite } = wanted.data;
  if (account.lists.named(name)) return conflict('Validation failed: Name is not unique');
  if (account.lists.all().filter((list) => list.deletedAt === undefined).length >= mostLists) {
    return invalid(`An account has at most ${mostLists} lists`);
  }
  const rest = {
    ...(description !== undefined && { description }),
    ...(favorite !== undefined && { favorite }),
  };
  return { status: 201, body: showList(account.createList(name, call.at, rest), account, null) };
}

export function getList(call: Call, { account }: ApiContext, id: string): Answer {
  const counted = call.query.get('include_membership_count');
  if (!isCount(counted)) return invalid('include_membership_count does not have a valid value');
  const list = account.lists.live(id);
  return list ? ok(showList(list, account, counted)) : notFound('list_id is not found.');
}

export function deleteList(call: Call, { account }: ApiContext, id: string): Answer {
  if (!account.lists.live(id)) return notFound('list_id is not found.');
  const job = account.acceptListDelete(id, call.at);
  return { status: 202, headers: { Location: `/v3/activities/${job.id}` }, body: showActivity(job, call.at) };
}

const isCount = (value: string | null) => value === null || value === 'all' || value === 'active';

function showList(list: List, account: Account, counted: string | null): object {
  return {
    list_id: list.id,
    name: list.name,
    description: list.description,
    favorite: list.favorite,
    created_at: timestamp(list.createdAt),
    updated_at: timestamp(list.deletedAt ?? list.createdAt),
    ...(list.deletedAt !== undefined && { deleted_at: timestamp(list.deletedAt) }),
    ...(counted !== null && {
      membership_count: account.people.countMembers(list.id, counted === 'active' ? 'active' : undefined),
    }),
  };
}
