// The V3 API behind the gateway: which handler answers which path, and what the caller must be allowed to.
import { apiError, forbidden, notFound } from './answers';
import { getActivities, getActivity, postFileImport } from './api-activities';
import { getContacts } from './api-contacts';
import { getCustomFields, postCustomField } from './api-custom-fields';
import { deleteList, getList, getLists, postList } from './api-lists';
import type { Account } from './account';
import type { Answer, Call } from '../call';
import type { Faults } from './faults';
import type { Gate } from './limits';
import type { Configuration } from './options';
import type { AccessToken } from './tokens';

/** What a handler works with. */
export interface ApiContext {
  readonly account: Account;
  readonly configuration: Configuration;
  readonly gate: Gate;
  readonly faults: Faults;
  readonly token: AccessToken;
}

export type Handler = (call: Call, context: ApiContext, id: string) => Answer;

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly scope: string;
  readonly privilege: string;
  readonly handle: Handler;
}

const contacts = 'contact_data';

/** Privileges by the API's description; activities need the one for writing, even to be read. */
const routes: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/activities\/contacts_file_import$/,
    scope: contacts,
    privilege: 'contacts:write',
    handle: postFileImport,
  },
  {
    method: 'GET',
    path: /^\/activities$/,
    scope: contacts,
    privilege: 'contacts:write',
    handle: getActivities,
  },
  {
    method: 'GET',
    path: /^\/activities\/([^/]+)$/,
    scope: contacts,
    privilege: 'contacts:write',
    handle: getActivity,
  },
  {
    method: 'GET',
    path: /^\/contact_lists$/,
    scope: contacts,
    privilege: 'contacts:lists:read',
    handle: getLists,
  },
  {
    method: 'POST',
    path: /^\/contact_lists$/,
    scope: contacts,
    privilege: 'contacts:lists:write',
    handle: postList,
  },
  {
    method: 'GET',
    path: /^\/contact_lists\/([^/]+)$/,
    scope: contacts,
    privilege: 'contacts:lists:read',
    handle: getList,
  },
  {
    method: 'DELETE',
    path: /^\/contact_lists\/([^/]+)$/,
    scope: contacts,
    privilege: 'contacts:lists:write',
    handle: deleteList,
  },
  {
    method: 'GET',
    path: /^\/contact_custom_fields$/,
    scope: contacts,
    privilege: 'contacts:read',
    handle: getCustomFields,
  },
  {
    method: 'POST',
    path: /^\/contact_custom_fields$/,
    scope: contacts,
    privilege: 'contacts:write',
    handle: postCustomField,
  },
  { method: 'GET', path: /^\/contacts$/, scope: contacts, privilege: 'contacts:read', handle: getContacts },
  {
    method: 'GET',
    path: /^\/account\/summary$/,
    scope: 'account_read',
    privilege: 'account:read',
    handle: getSummary,
  },
];

export function answerApi(call: Call, context: ApiContext): Answer {
  const path = call.path.replace(/^\/v3/, '');
  const known = routes.filter((route) => route.path.test(path));
  const route = known.find(({ method }) => method === call.method);
  if (!route) {
    return known.length > 0
      ? apiError(405, 'method_not_allowed', 'Method Not Allowed')
      : notFound('There is no such resource, or this emulator does not have it.');
  }
  const { token, configuration } = context;
  if (!token.scope.split(' ').includes(route.scope)) return forbidden();
  if (!configuration.switches.privileges.includes(route.privilege)) return forbidden();
  return route.handle(call, context, decodeURIComponent(route.path.exec(path)?.[1] ?? ''));
}

function getSummary(_call: Call, { token }: ApiContext): Answer {
  return {
    status: 200,
    body: {
      contact_email: 'owner@emulator.example',
      contact_phone: '5555550100',
      country_code: 'US',
      encoded_account_id: token.encodedAccountId,
      first_name: 'Emulated',
      last_name: 'Owner',
      organization_name: 'Emulated Organisation',
      organization_phone: '5555550100',
      state_code: 'MA',
      time_zone_id: 'US/Eastern',
      website: 'https://emulator.example',
    },
  };
}
