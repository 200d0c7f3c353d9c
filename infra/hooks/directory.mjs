// What the app needs in Entra ID, made where it is missing. Every step looks first, and may be repeated.
import { firstRegistration, missingCredential, nextChange, roleId, signInChange } from './registration.mjs';
import { HookStopped } from './stopped.mjs';

/** More than the changes that a registration can need; then something keeps undoing them. */
const mostChanges = 10;

/**
 * @param {string | undefined} clientId of a registration that was made before
 * @param {string} name by which the registration is found again, the same for the same environment
 */
export async function ensureRegistration({ graph, say }, { clientId, name, displayName }) {
  const path = clientId ? `/applications(appId='${clientId}')` : `/applications(uniqueName='${name}')`;
  let registration = await graph.get(path);
  if (!registration && clientId)
    throw new HookStopped(
      `There is no app registration with the client id ${clientId} in this directory.`,
      'Sign in to the directory that has it, or let a new one be made: azd env set AUTH_CLIENT_ID ""',
    );
  if (!registration) {
    await graph.upsert(path, firstRegistration(displayName));
    registration = await graph.getMade(path);
    say(`made the app registration ${displayName} (${registration.appId})`);
  }
  for (let changes = 0; ; changes++) {
    const change = nextChange(registration);
    if (!change) return registration;
    if (changes === mostChanges)
      throw new HookStopped(
        `The app registration ${registration.appId} does not keep what is written to it.`,
        'Run this again in a minute.',
      );
    await graph.patch(`/applications/${registration.id}`, change);
    say(`changed the app registration: ${Object.keys(change).join(', ')}`);
    registration = await graph.getMade(path);
  }
}

/** The app in this directory, to which roles are assigned. Nobody without a role gets a token for it. */
export async function ensureServicePrincipal({ graph, say }, { appId }) {
  const path = `/servicePrincipals(appId='${appId}')`;
  const there = await graph.get(path);
  if (there) return there;
  await graph.upsert(path, {
    appRoleAssignmentRequired: true,
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
  });
  say('made the service principal');
  return graph.getMade(path);
}

export async function ensureAdministrator({ graph, say }, registration, servicePrincipal, principalId) {
  const appRoleId = roleId(registration, 'Administrator');
  const path = `/servicePrincipals/${servicePrincipal.id}/appRoleAssignedTo`;
  const assigned = await graph.list(path);
  if (assigned.some((one) => one.principalId === principalId && one.appRoleId === appRoleId)) return;
  await graph.post(path, { principalId, resourceId: servicePrincipal.id, appRoleId });
  say('assigned you the role Administrator');
}

/** Lets App Service on this host sign people in, as the app, without a secret. */
export async function ensureSignIn({ graph, say }, { clientId, tenantId, host, principalId }) {
  const registration = await graph.get(`/applications(appId='${clientId}')`);
  if (!registration)
    throw new HookStopped(
      `There is no app registration with the client id ${clientId}.`,
      'Run "azd provision" again.',
    );
  const path = `/applications/${registration.id}`;
  const change = signInChange(registration, host);
  if (change) {
    await graph.patch(path, change);
    say(`added the redirect address of ${host}`);
  }
  const credential = missingCredential(await graph.list(`${path}/federatedIdentityCredentials`), {
    tenantId,
    principalId,
  });
  if (credential) {
    const { name, ...rest } = credential;
    await graph.upsert(`${path}/federatedIdentityCredentials(name='${name}')`, rest);
    say('added the federated credential of the managed identity');
  }
}
