// The hook that lets App Service sign people in as the app, without a secret.
import { fakeAzure, tenantId, type Application, type FakeAzure } from './fake-azure';

const principalId = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const outputs = { FUNCTION_APP_HOST: 'func-test.azurewebsites.net', IDENTITY_PRINCIPAL_ID: principalId };
const callback = 'https://func-test.azurewebsites.net/.auth/login/aad/callback';

let azure: FakeAzure;
beforeEach(async () => {
  azure = fakeAzure();
  await azure.hook('preprovision');
});
afterEach(() => azure.remove());

const application = (): Application => azure.state().applications[0]!;

test('sign-in comes back to the app, and the identity of the app stands in for a secret', async () => {
  expect(await azure.hook('postprovision', outputs)).toMatchObject({ code: 0 });
  expect(application().web).toMatchObject({
    redirectUris: [callback],
    homePageUrl: 'https://func-test.azurewebsites.net',
    implicitGrantSettings: { enableIdTokenIssuance: true },
  });
  expect(application().credentials).toMatchObject([
    {
      issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
      subject: principalId,
      audiences: ['api://AzureADTokenExchange'],
    },
  ]);
});

test('a second run changes nothing', async () => {
  await azure.hook('postprovision', outputs);
  const before = azure.state();
  expect(await azure.hook('postprovision', outputs)).toMatchObject({ code: 0 });
  expect(azure.state()).toEqual(before);
});

describe.each(['dieBefore', 'dieAfter'])('a run that died (%s)', (accident) => {
  test.each([1, 2])('at write %i is finished by the next one', async (write) => {
    const before = azure.state().writes;
    azure.change({ [accident]: before + write });
    expect((await azure.hook('postprovision', outputs)).code).toBe(1);
    expect(await azure.hook('postprovision', outputs)).toMatchObject({ code: 0 });
    expect(application().web.redirectUris).toEqual([callback]);
    expect(application().credentials).toMatchObject([{ subject: principalId }]);
  });
});

test('an identity that was made anew takes the place of the old one', async () => {
  await azure.hook('postprovision', outputs);
  const anew = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
  await azure.hook('postprovision', { ...outputs, IDENTITY_PRINCIPAL_ID: anew });
  expect(application().credentials).toMatchObject([{ subject: anew }]);
});

test('other addresses stay', async () => {
  const old = 'https://old.example.com/.auth/login/aad/callback';
  azure.change({
    applications: [
      { ...application(), web: { redirectUris: [old], homePageUrl: 'https://old.example.com' } },
    ],
  });
  await azure.hook('postprovision', outputs);
  expect(application().web).toMatchObject({
    redirectUris: [old, callback],
    homePageUrl: 'https://old.example.com',
  });
});

test('without the outputs of the deployment it stops and names them', async () => {
  const { code, output } = await azure.hook('postprovision');
  expect(code).toBe(1);
  expect(output).toContain('FUNCTION_APP_HOST, IDENTITY_PRINCIPAL_ID');
});

test('told to leave Entra ID alone, it calls nothing', async () => {
  azure.uninstall('az');
  expect(await azure.hook('postprovision', { ...outputs, AUTH_SETUP: 'manual' })).toMatchObject({ code: 0 });
});
