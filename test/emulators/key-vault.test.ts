// The emulated Key Vault, met by the real client.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretClient, type SecretClientOptions } from '@azure/keyvault-secrets';
import { makeIdentityToken } from './identity';
import { startKeyVault, type KeyVault, type KeyVaultOptions } from './key-vault';

/** Plain HTTP behind an address that claims to be safe, and a challenge that cannot name this machine: here, and nowhere else. */
const relaxed: SecretClientOptions = {
  disableChallengeResourceVerification: true,
  additionalPolicies: [
    {
      position: 'perRetry',
      policy: {
        name: 'plainHttp',
        async sendRequest(request, next) {
          const { url } = request;
          request.url = url.replace(/^https:/, 'http:');
          request.allowInsecureConnection = true;
          try {
            return await next(request);
          } finally {
            request.url = url;
          }
        },
      },
    },
  ],
};

const address = () => vault.url.replace(/^http:/, 'https:');

let vault: KeyVault;
let asked: (string | string[])[] = [];

const credential = (resource = 'https://vault.azure.net') => ({
  getToken: (scopes: string | string[]) => {
    asked.push(scopes);
    return Promise.resolve({
      token: makeIdentityToken(resource),
      expiresOnTimestamp: Date.now() + 3_600_000,
    });
  },
});

async function start(options?: KeyVaultOptions): Promise<SecretClient> {
  asked = [];
  vault = await startKeyVault(options);
  return new SecretClient(address(), credential(), relaxed);
}
afterEach(() => vault.stop());

/** A client that tries once, so that each answer can be seen. */
const impatient = (token = credential()) =>
  new SecretClient(address(), token, {
    ...relaxed,
    retryOptions: { maxRetries: 0 },
  });

test('a secret that was set can be read: the newest version, or one by its id', async () => {
  const client = await start();
  const first = await client.setSecret('tokens-main', 'one', {
    tags: { kind: 'token' },
    contentType: 'text/plain',
  });
  const second = await client.setSecret('tokens-main', 'two');
  expect(await client.getSecret('tokens-main')).toMatchObject({
    value: 'two',
    properties: { version: second.properties.version, enabled: true },
  });
  const { version = '' } = first.properties;
  expect(version).toMatch(/^[0-9a-f]{32}$/);
  expect(await client.getSecret('tokens-main', { version })).toMatchObject({
    value: 'one',
    properties: { name: 'tokens-main', tags: { kind: 'token' }, contentType: 'text/plain' },
  });
});

test('the client is challenged first, and asks for a token for Key Vault', async () => {
  const client = await start();
  await client.setSecret('name', 'value');
  expect(asked).toEqual([['https://vault.azure.net/.default']]);
  expect(vault.calls()).toEqual(['PUT /secrets/name']);
  const bare = await fetch(`${vault.url}/secrets/name?api-version=7.5`);
  expect(bare.status).toBe(401);
  expect(bare.headers.get('www-authenticate')).toMatch(
    /^Bearer authorization="https:\/\/[^"]+", resource="https:\/\/vault\.azure\.net"$/,
  );
});

test('a token for something else is refused', async () => {
  await start();
  await expect(impatient(credential('https://storage.azure.com')).getSecret('name')).rejects.toMatchObject({
    statusCode: 401,
  });
});

test('a secret that is not there is 404 SecretNotFound', async () => {
  const client = await start();
  await expect(client.getSecret('absent')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' });
  await client.setSecret('name', 'value');
  await expect(client.getSecret('name', { version: '0'.repeat(32) })).rejects.toMatchObject({
    statusCode: 404,
  });
});

test('a disabled version is 403, and readable again once enabled', async () => {
  const client = await start();
  const { properties } = await client.setSecret('name', 'value');
  await client.updateSecretProperties('name', properties.version ?? '', { enabled: false });
  await expect(client.getSecret('name')).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
  await client.updateSecretProperties('name', properties.version ?? '', { enabled: true });
  expect((await client.getSecret('name')).value).toBe('value');
});

test('secrets and versions are listed without values, page after page', async () => {
  const client = await start();
  for (let index = 0; index < 27; index += 1) await client.setSecret('many', String(index));
  for (let index = 0; index < 26; index += 1) await client.setSecret(`name-${index}`, 'value');
  const versions = await Array.fromAsync(client.listPropertiesOfSecretVersions('many'));
  expect(new Set(versions.map(({ version }) => version)).size).toBe(27);
  const names = await Array.fromAsync(client.listPropertiesOfSecrets());
  expect(new Set(names.map(({ name }) => name)).size).toBe(27);
  expect(JSON.stringify([versions, names])).not.toContain('"value"');
});

test('a deleted secret is gone, keeps its name, and can be recovered or purged', async () => {
  const client = await start();
  await client.setSecret('name', 'value');
  const poller = await client.beginDeleteSecret('name', { intervalInMs: 1 });
  expect(await poller.pollUntilDone()).toMatchObject({
    name: 'name',
    recoveryId: `${address()}/deletedsecrets/name`,
  });
  await expect(client.getSecret('name')).rejects.toMatchObject({ statusCode: 404 });
  await expect(client.setSecret('name', 'other')).rejects.toMatchObject({ statusCode: 409 });
  await (await client.beginRecoverDeletedSecret('name', { intervalInMs: 1 })).pollUntilDone();
  expect((await client.getSecret('name')).value).toBe('value');
  await (await client.beginDeleteSecret('name', { intervalInMs: 1 })).pollUntilDone();
  await client.purgeDeletedSecret('name');
  await expect(client.getDeletedSecret('name')).rejects.toMatchObject({ statusCode: 404 });
  await client.setSecret('name', 'anew');
  expect((await client.getSecret('name')).value).toBe('anew');
});

test.each([403, 429, 500] as const)(
  'the next calls can be made to fail with %s, before or after their work',
  async (status) => {
    await start();
    const client = impatient();
    await client.setSecret('name', 'one');
    vault.fail({ status, times: 1, method: 'PUT' });
    vault.fail({ status, times: 1, method: 'PUT', when: 'after' });
    await expect(client.setSecret('name', 'two')).rejects.toMatchObject({ statusCode: status });
    expect((await client.getSecret('name')).value).toBe('one');
    await expect(client.setSecret('name', 'three')).rejects.toMatchObject({ statusCode: status });
    expect((await client.getSecret('name')).value).toBe('three');
  },
);

test('the real client tries again after a 429', async () => {
  const client = await start();
  await client.setSecret('name', 'value');
  vault.fail({ status: 429, times: 1, retryAfterSeconds: 0 });
  expect((await client.getSecret('name')).value).toBe('value');
});

test('secrets survive a restart when they have a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'key-vault-'));
  try {
    const dataFile = join(folder, 'not-yet-there', 'secrets.json');
    const before = await start({ dataFile });
    await before.setSecret('name', 'value');
    await vault.stop();
    const after = await start({ dataFile });
    expect((await after.getSecret('name')).value).toBe('value');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
