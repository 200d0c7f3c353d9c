// The hook that makes the app registration, its roles and the deployer's role: once, and the same after any accident.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';
import { roleIds } from './role-ids';
import { fakeAzure, subscriptionId, tenantId, type Application, type FakeAzure } from './fake-azure';

let azure: FakeAzure;
beforeEach(() => {
  azure = fakeAzure();
});
afterEach(() => azure.remove());

const only = (): Application => {
  const [application, ...others] = azure.state().applications;
  expect(others).toEqual([]);
  return application!;
};

/** Everything that somebody can see, without the ids that the directory gives. */
const outcome = () => {
  const { applications, servicePrincipals, assignments, environment } = azure.state();
  const [application] = applications;
  const known = JSON.stringify({ applications, servicePrincipals, assignments, environment });
  return JSON.parse(
    known
      .replaceAll(application?.appId ?? '-', 'APP')
      .replaceAll(application?.id ?? '-', 'OBJECT')
      .replaceAll(servicePrincipals[0]?.id ?? '-', 'PRINCIPAL'),
  ) as object;
};

test('the first run makes a registration for this directory, with tokens of version 2 for the app alone', async () => {
  const { code, output } = await azure.hook('preprovision');
  expect({ code, output }).toMatchObject({ code: 0 });
  const application = only();
  expect(application).toMatchObject({
    displayName: 'segments-to-constant-contact-test',
    uniqueName: `segments-to-constant-contact-test-${subscriptionId}`,
    signInAudience: 'AzureADMyOrg',
    identifierUris: [`api://${application.appId}`],
    web: { implicitGrantSettings: { enableIdTokenIssuance: true } },
  });
  expect(application.api.requestedAccessTokenVersion).toBe(2);
});

test('the registration has the three roles of the app, for people and for applications', async () => {
  await azure.hook('preprovision');
  const roles = only().appRoles.map(({ value, allowedMemberTypes }) => [value, ...allowedMemberTypes]);
  expect(roles).toEqual(
    ['Administrator', 'Contributor', 'Viewer'].map((value) => [value, 'User', 'Application']),
  );
  expect(Object.fromEntries(only().appRoles.map(({ value, id }) => [value, id]))).toEqual(roleIds);
});

test('the Azure CLI may get tokens in the name of a person', async () => {
  await azure.hook('preprovision');
  const { oauth2PermissionScopes: scopes, preAuthorizedApplications: clients } = only().api;
  expect(scopes.map(({ value }) => value)).toEqual(['user_impersonation']);
  expect(clients).toEqual([
    { appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', delegatedPermissionIds: [scopes[0]!.id] },
  ]);
});

test('whoever deploys is Administrator, and nobody without a role gets a token', async () => {
  await azure.hook('preprovision');
  const { servicePrincipals, assignments, user } = azure.state();
  expect(servicePrincipals).toMatchObject([{ appId: only().appId, appRoleAssignmentRequired: true }]);
  expect(assignments).toEqual([
    { principalId: user!.id, resourceId: servicePrincipals[0]!.id, appRoleId: roleIds.Administrator },
  ]);
});

test('a service principal that deploys is Administrator, too', async () => {
  const robot = { id: '44444444-4444-4444-8444-444444444444', appId: '55555555-5555-4555-8555-555555555555' };
  azure.change({ user: { id: '', name: robot.appId, type: 'servicePrincipal' }, servicePrincipals: [robot] });
  await azure.hook('preprovision');
  expect(azure.state().assignments).toMatchObject([{ principalId: robot.id }]);
});

test('azd learns the ids that the deployment needs', async () => {
  await azure.hook('preprovision');
  expect(azure.state().environment).toMatchObject({ AUTH_CLIENT_ID: only().appId, AUTH_TENANT_ID: tenantId });
});

test('a second run changes nothing', async () => {
  await azure.hook('preprovision');
  const before = azure.state();
  const { code } = await azure.hook('preprovision');
  expect(code).toBe(0);
  expect(azure.state()).toEqual(before);
});

test('a run on a machine that knows nothing of the first one finds the registration', async () => {
  await azure.hook('preprovision');
  const { environment, writes } = azure.state();
  azure.change({ environment: { AZURE_ENV_NAME: 'test', AZURE_SUBSCRIPTION_ID: subscriptionId } });
  await azure.hook('preprovision');
  expect(azure.state()).toMatchObject({ environment, writes });
  only();
});

describe.each(['dieBefore', 'dieAfter'])('a run that died (%s)', (accident) => {
  test.each([1, 2, 3, 4])('at write %i is finished by the next one', async (write) => {
    azure.change({ [accident]: write });
    expect((await azure.hook('preprovision')).code).toBe(1);
    expect(await azure.hook('preprovision')).toMatchObject({ code: 0 });
    const finished = outcome();
    azure.remove();
    azure = fakeAzure();
    await azure.hook('preprovision');
    expect(finished).toEqual(outcome());
    // There is no further write to die at.
    expect(azure.state().writes).toBe(4);
  });
});

test('what has just been made, and is not known everywhere yet, is waited for', async () => {
  azure.change({ lag: 8 });
  expect(await azure.hook('preprovision')).toMatchObject({ code: 0 });
  expect(azure.state().lag).toBe(0);
  const slow = outcome();
  azure.remove();
  azure = fakeAzure();
  await azure.hook('preprovision');
  expect(slow).toEqual(outcome());
});

test('an assignment that is there, but is not listed yet, is no fault', async () => {
  await azure.hook('preprovision');
  const { assignments } = azure.state();
  azure.change({ listsLate: true });
  expect(await azure.hook('preprovision')).toMatchObject({ code: 0 });
  expect(azure.state().assignments).toEqual(assignments);
});

test('what others have added to the registration stays', async () => {
  await azure.hook('preprovision');
  const application = only();
  const role = { id: '66666666-6666-4666-8666-666666666666', value: 'Auditor', allowedMemberTypes: ['User'] };
  const [administrator, ...roles] = application.appRoles;
  azure.change({
    applications: [
      {
        ...application,
        identifierUris: [...application.identifierUris, 'https://segments.example.com'],
        appRoles: [{ ...administrator!, id: '77777777-7777-4777-8777-777777777777' }, roles[0]!, role],
        web: { redirectUris: ['https://segments.example.com/.auth/login/aad/callback'] },
      },
    ],
  });
  await azure.hook('preprovision');
  expect(only().identifierUris).toContain('https://segments.example.com');
  expect(only().web.redirectUris).toEqual(['https://segments.example.com/.auth/login/aad/callback']);
  expect(
    only()
      .appRoles.map(({ value, id }) => `${value} ${id}`)
      .sort(),
  ).toEqual([
    // As people have it.
    'Administrator 77777777-7777-4777-8777-777777777777',
    `Auditor ${role.id}`,
    `Contributor ${roleIds.Contributor}`,
    `Viewer ${roleIds.Viewer}`,
  ]);
});

test('a registration that is open to other directories is closed again', async () => {
  await azure.hook('preprovision');
  azure.change({ applications: [{ ...only(), signInAudience: 'AzureADMultipleOrgs' }] });
  await azure.hook('preprovision');
  expect(only().signInAudience).toBe('AzureADMyOrg');
});

test('a registration that somebody else made is used when its client id is given', async () => {
  const made = {
    id: 'object',
    appId: '88888888-8888-4888-8888-888888888888',
    displayName: 'made by hand',
  } as Application;
  azure.change({
    applications: [made],
    environment: { ...azure.state().environment, AUTH_CLIENT_ID: made.appId },
  });
  expect(await azure.hook('preprovision')).toMatchObject({ code: 0 });
  expect(only()).toMatchObject({ displayName: 'made by hand', identifierUris: [`api://${made.appId}`] });
  expect(only().appRoles).toHaveLength(3);
  expect(only()).toMatchObject({
    signInAudience: 'AzureADMyOrg',
    api: { requestedAccessTokenVersion: 2 },
    web: { implicitGrantSettings: { enableIdTokenIssuance: true } },
  });
  expect(only().api.preAuthorizedApplications).toHaveLength(1);
});

describe('it stops, with a word about what to do, when', () => {
  const stops = async (env: Record<string, string> = {}) => {
    const before = azure.state();
    const { code, output } = await azure.hook('preprovision', env);
    expect(code).toBe(1);
    expect(azure.state()).toEqual(before);
    return output;
  };

  test('nobody is signed in', async () => {
    azure.change({ user: undefined });
    expect(await stops()).toMatch(/not signed in.*\n.*az login/);
  });

  test('the Azure CLI is missing', async () => {
    azure.uninstall('az');
    expect(await stops()).toMatch(/"az" cannot be started\n.*install-azure-cli/);
  });

  test('the CLI is signed in to another directory than that of the subscription', async () => {
    const other = '99999999-9999-4999-8999-999999999999';
    azure.change({
      currentSubscription: other,
      subscriptions: { [subscriptionId]: tenantId, [other]: 'other' },
    });
    expect(await stops()).toContain(`az account set --subscription ${subscriptionId}`);
  });

  test('the person may not make registrations', async () => {
    azure.change({ denied: true });
    expect(await stops()).toMatch(/does not allow you.*\n.*Application Developer.*docs\/entra-id\.md/);
  });

  test('the client id that is given is not in the directory', async () => {
    expect(await stops({ AUTH_CLIENT_ID: 'a' })).toContain('azd env set AUTH_CLIENT_ID ""');
  });

  test('it was not started by azd', async () => {
    expect(await stops({ AZURE_ENV_NAME: '' })).toContain('AZURE_ENV_NAME');
  });

  test('it is told to leave Entra ID alone, and is not told which registration there is', async () => {
    expect(await stops({ AUTH_SETUP: 'manual' })).toContain('AUTH_CLIENT_ID, AUTH_TENANT_ID');
  });
});

test('the commands to do it by hand make the same ids', () => {
  const ids = (file: string) =>
    readFileSync(join(projectRoot(), file), 'utf8').match(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g) ??
    [];
  expect(new Set(ids('docs/entra-id.md'))).toEqual(new Set(ids('infra/hooks/registration.mjs')));
  expect(ids('docs/entra-id.md')).toEqual(expect.arrayContaining(Object.values(roleIds)));
});

test('told to leave Entra ID alone, it calls nothing', async () => {
  azure.uninstall('az');
  azure.uninstall('azd');
  const env = { AUTH_SETUP: 'manual', AUTH_CLIENT_ID: 'a', AUTH_TENANT_ID: tenantId };
  expect(await azure.hook('preprovision', env)).toMatchObject({ code: 0 });
});
