// `/contacts`: the contacts read back, page by page.
import { invalid, ok, timestamp } from './answers';
import type { Account } from './account';
import type { ApiContext } from './api';
import type { Answer, Call } from '../call';
import { linksTo, readWindow } from './paging';

const statuses = ['all', 'active', 'deleted', 'not_set', 'pending_confirmation', 'temp_hold', 'unsubscribed'];
const mostLists = 25;

export function getContacts(call: Call, { account }: ApiContext): Answer {
  const window = readWindow(call.query, 500);
  if (!window) return invalid('limit or cursor does not have a valid value');
  const listed = (name: string) =>
    window.query
      .get(name)
      ?.split(',')
      .filter((item) => item !== '');
  const [lists, status, include] = [listed('lists'), listed('status'), listed('include') ?? []];
  if (lists && lists.length > mostLists) return invalid(`lists must hold at most ${mostLists} ids`);
  if (status?.some((item) => !statuses.includes(item))) return invalid('status does not have a valid value');
  const email = window.query.get('email');

  const matches = (number: number): boolean => {
    const state = account.people.statusOf(number);
    if (status ? !status.includes('all') && !status.includes(state) : state === 'deleted') return false;
    if (!lists) return true;
    const joined = account.people.person(number).lists;
    return lists.some((list) => joined.includes(list));
  };

  const found: number[] = [];
  let next: number | undefined;
  for (const number of candidates(account, email, lists, window.start)) {
    if (!matches(number)) continue;
    if (found.length === window.limit) {
      next = number;
      break;
    }
    found.push(number);
  }
  return ok({
    contacts: found.map((number) => showContact(account, number, include)),
    ...(window.query.get('include_count') === 'true' && {
      contacts_count: countAll(account, email, lists, matches),
    }),
    ...linksTo('/v3/contacts', window, next),
  });
}

/** People by number, as few as the query allows; pages go on from a number, so that none is looked at twice. */
function* candidates(
  account: Account,
  email: string | null,
  lists: readonly string[] | undefined,
  start: number,
): Generator<number> {
  if (email !== null) {
    const number = account.people.find(email);
    if (number !== undefined && number >= start) yield number;
  } else if (lists?.length === 1) {
    yield* account.people.members(lists[0]!, start);
  } else {
    for (let number = start; number < account.people.size; number += 1) yield number;
  }
}

function countAll(
  account: Account,
  email: string | null,
  lists: readonly string[] | undefined,
  matches: (number: number) => boolean,
): number {
  let count = 0;
  for (const number of candidates(account, email, lists, 0)) if (matches(number)) count += 1;
  return count;
}

const ownFields = ['first_name', 'last_name', 'job_title', 'company_name', 'anniversary'];

function showContact(account: Account, number: number, include: readonly string[]): object {
  const { address, status, lists, fields } = account.people.person(number);
  const times = account.people.timesOf(number);
  const created = timestamp(times.createdAt);
  const updated = timestamp(times.updatedAt);
  const month = Number(fields['birthday_month'] ?? 0);
  const permission = status === 'active' || status === 'deleted' ? 'implicit' : status;
  return {
    contact_id: `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
    email_address: {
      address,
      permission_to_send: permission,
      created_at: created,
      updated_at: updated,
      opt_in_source: 'Account',
      opt_in_date: created,
      ...(status === 'unsubscribed' && { opt_out_source: 'Contact', opt_out_date: updated }),
      confirm_status: 'off',
    },
    ...Object.fromEntries(ownFields.flatMap((name) => (fields[name] ? [[name, fields[name]]] : []))),
    ...(month > 0 && { birthday_month: month, birthday_day: Number(fields['birthday_day']) }),
    create_source: 'Account',
    created_at: created,
    updated_at: updated,
    ...(status === 'deleted' && { deleted_at: updated }),
    ...(include.includes('custom_fields') && { custom_fields: customFieldsOf(account, fields) }),
    ...(include.includes('list_memberships') && { list_memberships: lists }),
    ...(include.includes('phone_numbers') && {
      phone_numbers: fields['phone'] ? [{ phone_number: fields['phone'], kind: 'other' }] : [],
    }),
    ...(include.includes('street_addresses') && { street_addresses: streetOf(fields) }),
  };
}

const customFieldsOf = (account: Account, fields: Readonly<Record<string, string>>) =>
  account.fields
    .all()
    .flatMap(({ id, name }) =>
      fields[`cf:${name}`] ? [{ custom_field_id: id, value: fields[`cf:${name}`] }] : [],
    );

function streetOf(fields: Readonly<Record<string, string>>): object[] {
  const names = { street: 'street', city: 'city', state: 'state', zip: 'postal_code', country: 'country' };
  const address: Record<string, string> = {};
  for (const [name, shown] of Object.entries(names)) if (fields[name]) address[shown] = fields[name];
  return Object.keys(address).length > 0 ? [{ kind: 'other', ...address }] : [];
}
