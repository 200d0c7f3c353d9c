// Access tokens of connections. A refresh token is single use: one renewal at a time everywhere, and the new one is stored before
// anything else is done with the answer.
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Lease, LeaseHandle } from '../platform/lease';
import type { Log } from '../platform/log';
import type { SecretStore } from '../platform/vault';
import type { TokenEndpoint } from './token-endpoint';
import { ReconnectNeeded, TokenRenewalBusy, TokensNotStored } from './token-errors';
import { parseTokens, tokenLeaseName, tokenSecretName, type StoredTokens } from './token-secret';

/** A token is renewed this long before it ends, so that it does not end under a call. */
const EXPIRY_MARGIN_MILLISECONDS = 120_000;

/** The vault is asked again after this: another instance may have renewed, reconnected or removed the connection. */
const MEMORY_MILLISECONDS = 600_000;

/** The longest lease of Blob storage. The call within it ends earlier, by its own deadline (`LONGEST_REFRESH_CALL_MILLISECONDS`). */
const LEASE_SECONDS = 60;

/** The deadline to give the token endpoint: a lease covers the wait for a slot, the call, and the reading before. */
export const LONGEST_REFRESH_CALL_MILLISECONDS = 20_000;

/** Whoever waits for the lease of an instance that died gets it in the end. */
const LEASE_PATIENCE_MILLISECONDS = LEASE_SECONDS * 1000 + 15_000;
const LEASE_PAUSE_MILLISECONDS = 1000;

/** Before the second look: a renewal elsewhere that outlived its lease gets the time to store what it has. */
const SECOND_LOOK_PAUSE_MILLISECONDS = 2000;

/** The refresh token that the second look finds is tried as well, and that is all. */
const MOST_LOOKS = 2;

/** Tries to store new tokens, with pauses that double. Failing for good means that somebody must sign in again. */
const STORE_TRIES = 5;
const STORE_PAUSE_MILLISECONDS = 500;

export interface Tokens {
  /**
   * @param options.refuse an access token that Constant Contact did not accept: another one is returned.
   * @throws {ReconnectNeeded} @throws {TokenRenewalBusy} @throws {TokensNotStored}, and what the token endpoint throws.
   */
  accessToken(connectionId: string, options?: { readonly refuse?: string }): Promise<string>;
  /** Drops what this instance remembers, after the connection was signed in anew or removed. */
  forget(connectionId: string): void;
}

export interface TokensDeps {
  readonly secrets: SecretStore;
  readonly lease: Pick<Lease, 'acquire'>;
  readonly endpoint: TokenEndpoint;
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0 and below 1. */
  readonly random?: () => number;
}

export function makeTokens(deps: TokensDeps): Tokens {
  const { secrets, lease, endpoint, clock, log, random = Math.random } = deps;
  const memory = new Map<string, { readonly tokens: StoredTokens; readonly readAt: number }>();
  const renewals = new Map<string, Promise<StoredTokens>>();
  /** New tokens that could not be stored yet, with the refresh token that they take the place of. */
  const unstored = new Map<string, { readonly replaces: string; readonly tokens: StoredTokens }>();

  const usable = (tokens: StoredTokens, refuse: string | undefined) =>
    tokens.accessToken !== refuse && Date.parse(tokens.expiresAt) - clock.now() > EXPIRY_MARGIN_MILLISECONDS;

  async function read(connectionId: string): Promise<StoredTokens> {
    const secret = await secrets.get(tokenSecretName(connectionId));
    if (secret === undefined) throw new ReconnectNeeded(connectionId, 'not-signed-in');
    const tokens = parseTokens(secret);
    if (!tokens) throw new ReconnectNeeded(connectionId, 'unreadable');
    return tokens;
  }

  /** Stores what `unstored` holds, unless somebody has signed in anew meanwhile. @returns the tokens that stand. */
  async function store(connectionId: string, handle: LeaseHandle): Promise<StoredTokens | undefined> {
    for (let tries = 1; ; tries += 1) {
      const fresh = unstored.get(connectionId);
      if (!fresh) return undefined;
      try {
        // Without the lease it goes on all the same: these tokens are the only valid ones, unless others have been stored.
        if (!(await handle.renew())) log.warn('constant-contact.token-lease-lost', { connectionId });
        const latest = await read(connectionId);
        const ours = latest.refreshToken === fresh.replaces;
        if (ours) await secrets.set(tokenSecretName(connectionId), JSON.stringify(fresh.tokens));
        unstored.delete(connectionId);
        return ours ? fresh.tokens : latest;
      } catch (error) {
        // The connection was removed meanwhile: nothing brings its tokens back.
        if (error instanceof ReconnectNeeded) unstored.delete(connectionId);
        if (error instanceof ReconnectNeeded) throw error;
        if (tries === STORE_TRIES) throw new TokensNotStored(connectionId, error);
        await clock.sleep(STORE_PAUSE_MILLISECONDS * 2 ** (tries - 1));
      }
    }
  }

  async function renewHolding(
    connectionId: string,
    refuse: string | undefined,
    handle: LeaseHandle,
  ): Promise<StoredTokens> {
    await store(connectionId, handle);
    let stored = await read(connectionId);
    for (let look = 1; !usable(stored, refuse); look += 1) {
      const { refreshToken } = stored;
      const answer = await endpoint.refresh(refreshToken);
      if (!('refused' in answer)) {
        const tokens = {
          accessToken: answer.accessToken,
          refreshToken: answer.refreshToken ?? refreshToken,
          expiresAt: new Date(clock.now() + answer.lifeSeconds * 1000).toISOString(),
        };
        unstored.set(connectionId, { replaces: refreshToken, tokens });
        const standing = await store(connectionId, handle);
        log.info('constant-contact.tokens-renewed', {
          connectionId,
          rotated: tokens.refreshToken !== refreshToken,
        });
        return standing ?? tokens;
      }
      await clock.sleep(SECOND_LOOK_PAUSE_MILLISECONDS);
      await handle.renew();
      stored = await read(connectionId);
      if (usable(stored, refuse)) return stored;
      if (stored.refreshToken === refreshToken || look === MOST_LOOKS)
        throw new ReconnectNeeded(connectionId, 'refresh-token-refused', answer.refused);
    }
    return stored;
  }

  async function renew(connectionId: string, refuse: string | undefined): Promise<StoredTokens> {
    const started = clock.now();
    while (clock.now() - started <= LEASE_PATIENCE_MILLISECONDS) {
      const stored = await read(connectionId);
      if (usable(stored, refuse) && !unstored.has(connectionId)) return stored;
      const handle = await lease.acquire(tokenLeaseName(connectionId), LEASE_SECONDS);
      if (handle) {
        try {
          return await renewHolding(connectionId, refuse, handle);
        } finally {
          // A lease that cannot be given back ends by itself.
          await handle
            .release()
            .catch(() => log.warn('constant-contact.token-lease-not-released', { connectionId }));
        }
      }
      await clock.sleep(LEASE_PAUSE_MILLISECONDS * (0.5 + random()));
    }
    throw new TokenRenewalBusy(connectionId);
  }

  async function obtain(connectionId: string, refuse: string | undefined): Promise<StoredTokens> {
    try {
      const tokens = await renew(connectionId, refuse);
      memory.set(connectionId, { tokens, readAt: clock.now() });
      return tokens;
    } catch (error) {
      const code = codeOf(error);
      if (error instanceof ReconnectNeeded) {
        memory.delete(connectionId);
        log.error('constant-contact.reconnect-needed', { connectionId, reason: error.reason });
      } else log.warn('constant-contact.no-token', { connectionId, code });
      throw error;
    } finally {
      renewals.delete(connectionId);
    }
  }

  return {
    async accessToken(connectionId, { refuse } = {}) {
      const known = memory.get(connectionId);
      if (known && clock.now() - known.readAt < MEMORY_MILLISECONDS && usable(known.tokens, refuse))
        return known.tokens.accessToken;
      for (;;) {
        const running = renewals.get(connectionId);
        const renewal = running ?? obtain(connectionId, refuse);
        renewals.set(connectionId, renewal);
        const { accessToken } = await renewal;
        // A renewal that was under way for others may end with the very token that this caller had refused.
        if (!running || accessToken !== refuse) return accessToken;
      }
    },

    forget(connectionId) {
      memory.delete(connectionId);
    },
  };
}
