// The Key Vault client's checks: relaxed for a vault on this machine, whole for any other.
import { makeSecretClient } from '../../shared/platform/vault-client';
import { makeIdentityToken } from '../emulators/identity';
import { startKeyVault } from '../emulators/key-vault';

const credential = {
  getToken: () =>
    Promise.resolve({
      token: makeIdentityToken('https://vault.azure.net'),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
};

test('a vault on this machine is reached by plain HTTP', async () => {
  const vault = await startKeyVault();
  try {
    const client = makeSecretClient(vault.url, credential);
    await client.setSecret('name', 'value');
    expect((await client.getSecret('name')).value).toBe('value');
  } finally {
    await vault.stop();
  }
});

test.each(['http://vault.example', 'http://127.0.0.1.example', 'http://localhost.example'])(
  '%s is not on this machine: nothing is sent to it in clear',
  async (url) => {
    await expect(makeSecretClient(url, credential).getSecret('name')).rejects.toThrow(
      'allowInsecureConnection',
    );
  },
);
