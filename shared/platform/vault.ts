// Secrets, in Key Vault and nowhere else.
import type { SecretClient } from '@azure/keyvault-secrets';
import { statusOf } from './azure-errors';

export interface SecretStore {
  /** The newest version; `undefined` when there is no such secret. */
  get(name: string): Promise<string | undefined>;
  /** Stores a new version, which is the one that `get` returns from now on. */
  set(name: string, value: string): Promise<void>;
}

export function makeSecretStore(client: SecretClient): SecretStore {
  return {
    async get(name) {
      try {
        return (await client.getSecret(name)).value;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },

    async set(name, value) {
      await client.setSecret(name, value);
    },
  };
}
