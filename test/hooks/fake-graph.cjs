// The part of Microsoft Graph's v1.0 API that the hooks use, on a state in memory: what it takes, what it refuses, and in which words.
const { randomUUID } = require('node:crypto');

const clone = (value) => JSON.parse(JSON.stringify(value));

/** A refusal, as `az rest` prints it. */
class Refused extends Error {
  constructor(reason, code, message) {
    super(`${reason}(${JSON.stringify({ error: { code, message } })})`);
  }
}
const notFound = (what) =>
  new Refused(
    'Not Found',
    'Request_ResourceNotFound',
    `Resource '${what}' does not exist or one of its queried reference-property objects are not present.`,
  );
const bad = (message) => new Refused('Bad Request', 'Request_BadRequest', message);

/** Properties of complex types are merged, lists are replaced. */
function merge(target, change) {
  for (const [name, value] of Object.entries(change)) {
    const complex = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (complex) merge((target[name] ??= {}), value);
    else target[name] = value;
  }
}

function checkApplication(application) {
  const { appId, identifierUris = [], api = {}, appRoles = [] } = application;
  for (const uri of identifierUris)
    if (uri !== `api://${appId}` && !uri.startsWith('https://'))
      throw bad(`Values of identifierUris property must use a verified domain: ${uri}`);
  const scopes = new Set((api.oauth2PermissionScopes ?? []).map(({ id }) => id));
  for (const { delegatedPermissionIds } of api.preAuthorizedApplications ?? [])
    for (const id of delegatedPermissionIds)
      if (!scopes.has(id))
        throw bad(
          `Property api.preAuthorizedApplications.delegatedPermissionIds holds ${id}, which is no scope.`,
        );
  for (const key of ['id', 'value'])
    if (new Set(appRoles.map((role) => role[key])).size < appRoles.length)
      throw bad(`Request contains a property with duplicate values: appRoles.${key}`);
}

function makeApplication(state, uniqueName, body) {
  if (!body.displayName) throw bad('displayName is missing.');
  const application = {
    id: randomUUID(),
    appId: randomUUID(),
    uniqueName,
    identifierUris: [],
    web: { redirectUris: [] },
    credentials: [],
  };
  const given = clone(body);
  // Scopes that are made in the same request are not known to the check yet.
  if (given.api?.preAuthorizedApplications)
    throw bad('api.preAuthorizedApplications refers to scopes that do not exist.');
  merge(application, given);
  checkApplication(application);
  state.applications.push(application);
  return application;
}

function applications(state, { method, key, rest, body, upsert }) {
  const found = state.applications.find((one) => one[key.name] === key.value);
  if (!found) {
    if (method === 'PATCH' && upsert && key.name === 'uniqueName' && !rest)
      return makeApplication(state, key.value, body);
    throw notFound(key.value);
  }
  if (rest === '/federatedIdentityCredentials') return { value: found.credentials };
  const [, name] = /^\/federatedIdentityCredentials\(name='([^']+)'\)$/.exec(rest ?? '') ?? [];
  if (name !== undefined) {
    const credential = found.credentials.find((one) => one.name === name);
    if (credential) merge(credential, body);
    else if (!upsert) throw notFound(name);
    else if (found.credentials.some((one) => one.issuer === body.issuer && one.subject === body.subject))
      throw bad('FederatedIdentityCredential with issuer and subject already exists.');
    else found.credentials.push({ name, ...body });
    return undefined;
  }
  if (method === 'GET') return { ...found, credentials: undefined };
  const changed = clone(found);
  merge(changed, body);
  checkApplication(changed);
  Object.assign(found, changed);
  return undefined;
}

function servicePrincipals(state, { method, key, rest, body, upsert }) {
  const found = state.servicePrincipals.find((one) => one[key.name] === key.value);
  if (rest === '/appRoleAssignedTo') {
    if (!found) throw notFound(key.value);
    if (method === 'GET') {
      const listed = state.assignments.filter(({ resourceId }) => resourceId === found.id);
      return { value: state.listsLate ? [] : listed };
    }
    const { appRoles } = state.applications.find(({ appId }) => appId === found.appId);
    if (!appRoles.some(({ id }) => id === body.appRoleId))
      throw bad('Permission being assigned was not found on application');
    if (
      state.assignments.some(
        (one) => one.principalId === body.principalId && one.appRoleId === body.appRoleId,
      )
    )
      throw bad('Permission being assigned already exists on the object');
    state.assignments.push(body);
    return body;
  }
  if (method === 'GET') {
    if (!found) throw notFound(key.value);
    return found;
  }
  if (!upsert || found) throw bad('The fake makes service principals, and changes none.');
  const application = state.applications.find(({ appId }) => appId === key.value);
  if (!application)
    throw new Refused(
      'Bad Request',
      'NoBackingApplicationObject',
      `The appId '${key.value}' of the service principal does not reference a valid application object.`,
    );
  const made = { id: randomUUID(), appId: key.value, ...body };
  state.servicePrincipals.push(made);
  return made;
}

/** @returns the answer; undefined for one without a body. @throws {Refused} */
exports.answer = (state, { method, url, body, upsert }) => {
  const path = url.replace('https://graph.microsoft.com/v1.0', '');
  if (path === '/me') return { id: state.user.id };
  const [, kind, name, quoted, id, rest] =
    /^\/(applications|servicePrincipals)(?:\((\w+)='([^']+)'\)|\/([^/]+))(\/.*)?$/.exec(path) ?? [];
  if (!kind) throw bad(`The fake does not know ${path}`);
  const key = name ? { name, value: quoted } : { name: 'id', value: id };
  return (kind === 'applications' ? applications : servicePrincipals)(state, {
    method,
    key,
    rest,
    body,
    upsert,
  });
};
exports.Refused = Refused;
