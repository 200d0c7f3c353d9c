// Secrets, in Key Vault and nowhere else.
import type { SecretClient } from '@azure/keyvault-secrets';
import { statusOf } from './azure-errors';

/** The vault does not let this app in: a role is missing, or its firewall is shut. */
export class VaultRefused extends Error {
  readonly code = 'vault-refused';
  constructor(
    readonly status: number,
    cause: unknown,
  ) {
    super(`Key Vault refuses this app (${status})`, { cause });
  }
}

/** @throws {VaultRefused} from every method, and whatever the client throws. */
export interface SecretStore {
  /** The newest version; `undefined` when there is no such secret. */
  get(name: string): Promise<string | undefined>;
  /** Stores a new version, which is the one that `get` returns from now on. */
  set(name: string, value: string): Promise<void>;
  /** Disables every version older than the newest one, so that it can no longer be read. Repeating it goes on where it failed. */
  retireOlder(name: string): Promise<void>;
  /** Deletes all versions; it is no fault when there is no such secret. The vault keeps the name from being used again. */
  remove(name: string): Promise<void>;
}

export function makeSecretStore(client: SecretClient): SecretStore {
  /** @returns `undefined` where the vault answers one of `expected`. */
  async function ask<T>(expected: readonly number[], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const status = statusOf(error) ?? 0;
      if (expected.includes(status)) return undefined;
      throw status === 401 || status === 403 ? new VaultRefused(status, error) : error;
    }
  }

  return {
    get: async (name) => (await ask([404], () => client.getSecret(name)))?.value,

    async set(name, value) {
      await ask([], () => client.setSecret(name, value));
    },

    async retireOlder(name) {
      const newest = await ask([404], () => client.getSecret(name));
      const newestAt = newest?.properties.createdOn?.getTime();
      if (newestAt === undefined) return;
      await ask([404], async () => {
        for await (const { version, enabled, createdOn } of client.listPropertiesOfSecretVersions(name)) {
          // By age, in whole seconds, and not "all but the newest": another instance may have stored a newer one since.
          const older = createdOn !== undefined && createdOn.getTime() < newestAt;
          if (older && enabled !== false && version !== undefined)
            await client.updateSecretProperties(name, version, { enabled: false });
        }
      });
    },

    async remove(name) {
      // 409: it is being deleted just now.
      await ask([404, 409], () => client.beginDeleteSecret(name));
    },
  };
}
