// The tokens of connections in Key Vault: read, stored so that older ones can no longer be read, removed.
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { SecretStore } from '../platform/vault';
import { ReconnectNeeded, TokensNotStored } from './token-errors';
import { parseTokens, tokenSecretName, type StoredTokens } from './token-secret';

/** Tries to store new tokens, with pauses that double. Failing for good means that somebody must sign in again. */
const STORE_TRIES = 5;
const STORE_PAUSE_MILLISECONDS = 500;

export interface TokenVault {
  /** @throws {ReconnectNeeded} when there are none, or what is there is not ours. */
  read(connectionId: string): Promise<StoredTokens>;
  /** What the vault throws, this throws. */
  write(connectionId: string, tokens: StoredTokens): Promise<void>;
  remove(connectionId: string): Promise<void>;
  /** Does `work`, which stores, again while the vault fails. @throws {ReconnectNeeded} {TokensNotStored} */
  persist<T>(connectionId: string, work: () => Promise<T>): Promise<T>;
}

export function makeTokenVault({
  secrets,
  clock,
  log,
}: {
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly log: Log;
}): TokenVault {
  return {
    async read(connectionId) {
      const secret = await secrets.get(tokenSecretName(connectionId));
      if (secret === undefined) throw new ReconnectNeeded(connectionId, 'not-signed-in');
      const tokens = parseTokens(secret);
      if (!tokens) throw new ReconnectNeeded(connectionId, 'unreadable');
      return tokens;
    },

    async write(connectionId, tokens) {
      const name = tokenSecretName(connectionId);
      await secrets.set(name, JSON.stringify(tokens));
      // They are stored, whatever comes of the older ones: the next time disables what this one could not.
      await secrets.retireOlder(name).catch((error: unknown) =>
        log.warn('constant-contact.old-tokens-not-disabled', {
          connection: connectionId,
          code: codeOf(error),
        }),
      );
    },

    remove: (connectionId) => secrets.remove(tokenSecretName(connectionId)),

    async persist(connectionId, work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await work();
        } catch (error) {
          if (error instanceof ReconnectNeeded) throw error;
          if (tries === STORE_TRIES) throw new TokensNotStored(connectionId, error);
          await clock.sleep(STORE_PAUSE_MILLISECONDS * 2 ** (tries - 1));
        }
      }
    },
  };
}
