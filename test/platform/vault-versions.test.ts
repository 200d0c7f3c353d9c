// Versions of secrets in the vault: older ones can no longer be read, deleted ones not at all, against the emulated vault over HTTP.
import { makeSecretStore } from '../../shared/platform/vault';
import { makeSecretClient } from '../../shared/platform/vault-client';
import { makeIdentityToken } from '../emulators/identity';
import { startKeyVault, type KeyVault } from '../emulators/key-vault';

let vault: KeyVault;
let seconds = 1_700_000_000;
beforeEach(async () => {
  vault = await startKeyVault({ clock: { now: () => seconds * 1000 } });
});
afterEach(() => vault.stop());

const client = () =>
  makeSecretClient(vault.url, {
    getToken: () =>
      Promise.resolve({
        token: makeIdentityToken('https://vault.azure.net'),
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
  });
const store = () => makeSecretStore(client());

async function enabled(name: string) {
  const versions = await Array.fromAsync(client().listPropertiesOfSecretVersions(name));
  const byAge = versions.sort((a, b) => Number(a.createdOn) - Number(b.createdOn));
  return byAge.map((version) => version.enabled);
}

async function set(...values: readonly string[]) {
  for (const value of values) {
    seconds += 1;
    await store().set('tokens', value);
  }
}

test('all versions but the newest are disabled, more than a page of them', async () => {
  await set(...Array.from({ length: 30 }, (_, index) => `value ${index}`));
  await store().retireOlder('tokens');
  expect(await enabled('tokens')).toEqual([...Array.from({ length: 29 }, () => false), true]);
  expect(await store().get('tokens')).toBe('value 29');
});

test('what failed half way is done the next time', async () => {
  await set('one', 'two', 'three');
  vault.fail({ status: 403, times: 1, method: 'PATCH' });
  await expect(store().retireOlder('tokens')).rejects.toMatchObject({ code: 'vault-refused' });
  await store().retireOlder('tokens');
  expect(await enabled('tokens')).toEqual([false, false, true]);
});

test('a version that is as old as the newest, or newer than what was looked at, is left alone', async () => {
  await set('one');
  await store().set('tokens', 'in the same second');
  await store().retireOlder('tokens');
  expect(await enabled('tokens')).toEqual([true, true]);
});

test('a secret that is removed is gone, and its name cannot be used again', async () => {
  await set('one', 'two');
  await store().remove('tokens');
  await expect(store().get('tokens')).resolves.toBeUndefined();
  await store().remove('tokens');
  await store().remove('never-there');
  await store().retireOlder('tokens');
  await expect(store().set('tokens', 'three')).rejects.toMatchObject({ statusCode: 409 });
});
