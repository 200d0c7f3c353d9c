// The emulated managed identity endpoint, met by the real credential.
import { ManagedIdentityCredential } from '@azure/identity';
import { startIdentityEndpoint, type IdentityEndpoint } from './identity';

let identity: IdentityEndpoint;
const names = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'] as const;
const before = names.map((name) => process.env[name]);

// Once: the credential's library finds its endpoint once in a process, and keeps tokens.
beforeAll(async () => {
  identity = await startIdentityEndpoint();
  process.env['IDENTITY_ENDPOINT'] = identity.url;
  process.env['IDENTITY_HEADER'] = identity.header;
});
afterAll(async () => {
  await identity.stop();
  for (const [index, name] of names.entries()) {
    const value = before[index];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});

test('the real credential gets a token for the resource that it asks for', async () => {
  const { token, expiresOnTimestamp } = await new ManagedIdentityCredential().getToken(
    'https://storage.azure.com/.default',
  );
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    aud: string;
  };
  expect(claims.aud).toBe('https://storage.azure.com');
  expect(expiresOnTimestamp).toBeGreaterThan(Date.now() + 3_600_000);
});

test('a user-assigned identity is taken as well', async () => {
  const credential = new ManagedIdentityCredential({ clientId: '11111111-2222-4333-8444-555555555555' });
  expect((await credential.getToken('https://vault.azure.net/.default')).token).toMatch(
    /^[^.]+\.[^.]+\.[^.]+$/,
  );
});

test.each([
  ['the header is missing', {}, 'api-version=2019-08-01&resource=https://vault.azure.net', 401],
  [
    'the header is wrong',
    { 'x-identity-header': 'wrong' },
    'api-version=2019-08-01&resource=https://vault.azure.net',
    401,
  ],
  ['the version is another', undefined, 'api-version=2017-09-01&resource=https://vault.azure.net', 400],
  ['no resource is named', undefined, 'api-version=2019-08-01', 400],
] as const)('nobody gets a token when %s', async (_reason, headers, query, status) => {
  const response = await fetch(`${identity.url}?${query}`, {
    headers: headers ?? { 'x-identity-header': identity.header },
  });
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain('access_token');
});
