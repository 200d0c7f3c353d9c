// Key Vault's refusals have a class of their own, so that a run can say what to do.
import { makeSecretStore, VaultRefused } from '../../shared/platform/vault';
import { makeSecretClient } from '../../shared/platform/vault-client';
import { makeIdentityToken } from '../emulators/identity';
import { startKeyVault, type KeyVault } from '../emulators/key-vault';

const credential = {
  getToken: () =>
    Promise.resolve({
      token: makeIdentityToken('https://vault.azure.net'),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
};

let vault: KeyVault;
beforeEach(async () => {
  vault = await startKeyVault();
});
afterEach(() => vault.stop());
const store = () => makeSecretStore(makeSecretClient(vault.url, credential));

test('what is stored is read, and what is not there is nothing', async () => {
  await store().set('name', 'value');
  expect(await store().get('name')).toBe('value');
  expect(await store().get('other')).toBeUndefined();
});

test.each<[string, () => Promise<unknown>]>([
  ['reading', () => store().get('name')],
  ['storing', () => store().set('name', 'value')],
])('a refusal of %s is told from other failures, with its status, and names no secret', async (_, call) => {
  vault.fail({ status: 403, times: 1 });
  const error: unknown = await call().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(VaultRefused);
  expect(error).toMatchObject({ code: 'vault-refused', status: 403 });
});
