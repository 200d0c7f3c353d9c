// What the app registration has to hold, and what is missing in one. Pure: no calls from here.

/** Administrator, Contributor and Viewer, as the app knows them. Their ids are the same everywhere, so that assignments outlive a new start. */
export const roles = [
  {
    id: 'aded3db3-45e9-4b5b-a81b-7cc814a2f85e',
    value: 'Administrator',
    displayName: 'Administrator',
    description: 'Manages connections, every export and the schedule.',
    allowedMemberTypes: ['User', 'Application'],
    isEnabled: true,
  },
  {
    id: 'e93d1211-c548-4d94-a8d8-b3ebd06b38c2',
    value: 'Contributor',
    displayName: 'Contributor',
    description: 'Manages exports on connections that are shared with contributors.',
    allowedMemberTypes: ['User', 'Application'],
    isEnabled: true,
  },
  {
    id: 'caf05767-d29b-4ba2-92f9-0dee3f89ae5b',
    value: 'Viewer',
    displayName: 'Viewer',
    description: 'Sees exports and runs.',
    allowedMemberTypes: ['User', 'Application'],
    isEnabled: true,
  },
];

/** In a person's name; what the person may do, the roles say. */
const scope = {
  id: '77edec96-c536-4664-9210-77e536408163',
  value: 'user_impersonation',
  type: 'User',
  isEnabled: true,
  adminConsentDisplayName: 'Use Segments to Constant Contact',
  adminConsentDescription:
    'Lets the application use Segments to Constant Contact in the name of the signed-in user.',
  userConsentDisplayName: 'Use Segments to Constant Contact',
  userConsentDescription: 'Lets the application use Segments to Constant Contact in your name.',
};

/** The Azure CLI, the same in every directory: `az account get-access-token` gets tokens for the app without asking for consent. */
const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

/** With this a registration starts. The rest refers to its ids, which it does not have yet. */
export const firstRegistration = (displayName) => ({
  displayName,
  signInAudience: 'AzureADMyOrg',
  api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [scope] },
  appRoles: roles,
  web: { implicitGrantSettings: { enableIdTokenIssuance: true } },
});

/** Whether everything that `wanted` says is so in `there`. Lists are compared as sets. */
const holds = (there, wanted) =>
  Object.entries(wanted).every(([name, value]) =>
    Array.isArray(value)
      ? value.length === there[name]?.length && value.every((one) => there[name].includes(one))
      : there[name] === value,
  );

/** The list with `wanted` in it, in the place of what has the same `key`; the same list when it is there. Others stay. */
function withEach(list, wanted, key) {
  const missing = wanted.filter((one) => !list.some((other) => holds(other, one)));
  if (missing.length === 0) return list;
  return [...list.filter((other) => !missing.some((one) => one[key] === other[key])), ...missing];
}

/**
 * What to change next so that tokens and roles are right; undefined when nothing is. To be asked again after each change: some things
 * can be said only once others are there. Further roles, scopes, clients and addresses stay as they are.
 */
export function nextChange(registration) {
  const { appId, identifierUris = [], api = {}, appRoles = [], web = {}, signInAudience } = registration;
  const { oauth2PermissionScopes: scopes = [], preAuthorizedApplications: clients = [] } = api;
  const change = {};
  if (signInAudience !== 'AzureADMyOrg') change.signInAudience = 'AzureADMyOrg';
  if (!identifierUris.includes(`api://${appId}`))
    change.identifierUris = [...identifierUris, `api://${appId}`];

  // A role made by hand keeps its id: people have it.
  const own = roles.map((role) => ({
    ...role,
    id: appRoles.find(({ value }) => value === role.value)?.id ?? role.id,
  }));
  const allRoles = withEach(appRoles, own, 'value');
  if (allRoles !== appRoles) change.appRoles = allRoles;

  if (web.implicitGrantSettings?.enableIdTokenIssuance !== true)
    change.web = { implicitGrantSettings: { ...web.implicitGrantSettings, enableIdTokenIssuance: true } };

  const changeOfApi = {};
  if (api.requestedAccessTokenVersion !== 2) changeOfApi.requestedAccessTokenVersion = 2;
  const known = scopes.find(({ value }) => value === scope.value);
  if (!known) changeOfApi.oauth2PermissionScopes = [...scopes, scope];
  else {
    const client = clients.find(({ appId: id }) => id === azureCli);
    const ids = client?.delegatedPermissionIds ?? [];
    if (!ids.includes(known.id))
      changeOfApi.preAuthorizedApplications = [
        ...clients.filter((one) => one !== client),
        { appId: azureCli, delegatedPermissionIds: [...ids, known.id] },
      ];
  }
  if (Object.keys(changeOfApi).length > 0) change.api = changeOfApi;
  return Object.keys(change).length > 0 ? change : undefined;
}

/** The id of a role as this registration has it. */
export const roleId = ({ appRoles }, value) => appRoles.find((role) => role.value === value).id;

/** What to change so that App Service can sign people in on this host; undefined when nothing is. */
export function signInChange({ web = {} }, host) {
  const redirect = `https://${host}/.auth/login/aad/callback`;
  const { redirectUris = [], homePageUrl } = web;
  if (redirectUris.includes(redirect)) return undefined;
  return {
    web: { redirectUris: [...redirectUris, redirect], homePageUrl: homePageUrl ?? `https://${host}` },
  };
}

const credentialName = 'app-service-authentication';

/** The credential with which App Service signs in as the app, by its managed identity instead of a secret; undefined when it is there. */
export function missingCredential(credentials, { tenantId, principalId }) {
  const wanted = {
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    subject: principalId,
    audiences: ['api://AzureADTokenExchange'],
  };
  if (credentials.some((one) => holds(one, wanted))) return undefined;
  return { name: credentialName, ...wanted, description: 'App Service authentication, by managed identity' };
}
