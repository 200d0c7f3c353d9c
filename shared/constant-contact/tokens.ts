// The tokens of connections: an access token for whoever calls, those of a new sign-in, and their end.
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Lease } from '../platform/lease';
import type { Log } from '../platform/log';
import type { SecretStore } from '../platform/vault';
import { isUnavailable } from './errors';
import type { ConnectionObserver } from './observer';
import type { TokenAnswer, TokenEndpoint } from './token-endpoint';
import { ReconnectNeeded } from './token-errors';
import { makeHoldTokens } from './token-lease';
import { makeRenewTokens } from './token-renewal';
import type { StoredTokens } from './token-secret';
import { makeTokenVault } from './token-vault';

/** A token is renewed this long before it ends, so that it does not end under a call. */
const EXPIRY_MARGIN_MILLISECONDS = 120_000;

/** The vault is asked again after this: another instance may have renewed, reconnected or removed the connection. */
const MEMORY_MILLISECONDS = 600_000;

/** The deadline to give the token endpoint: a lease covers the wait for a slot, the call, and the reading before. */
export const LONGEST_REFRESH_CALL_MILLISECONDS = 20_000;

export interface AskedToken {
  /** An access token that Constant Contact did not accept: another one is returned. */
  readonly refuse?: string;
  /** Milliseconds since 1970. Tokens that were obtained before are renewed, whether or not they are still good. */
  readonly obtainedAfter?: number;
}

/**
 * What became of the refresh token. `ended`: it works no longer; `absent`: there was none. The others go on to work until somebody revokes
 * them at Constant Contact: `long-lived` ones cannot be ended from here, and `not-ended` was not tried.
 */
export type TokensEnd = 'ended' | 'absent' | 'long-lived' | 'not-ended';

export interface Tokens {
  /** @throws {ReconnectNeeded} @throws {TokenRenewalBusy} @throws {TokensNotStored}, and what the token endpoint throws. */
  accessToken(connectionId: string, asked?: AskedToken): Promise<string>;
  /**
   * Stores the tokens of a new sign-in in place of whatever there is. No renewal is under way meanwhile, nor a removal.
   * @param first is done before, with the lease; when it throws, nothing is stored.
   * @throws {TokenRenewalBusy} @throws {TokensNotStored}, and what `first` throws.
   */
  signedIn(
    connectionId: string,
    answer: TokenAnswer & { readonly refreshToken: string },
    first: () => Promise<void>,
  ): Promise<void>;
  /**
   * Refreshes once more and throws the result away, which ends a rotating refresh token; then deletes the tokens. It can be repeated.
   * @param options.unasked deletes them without refreshing: a refresh token that rotates goes on to work.
   * @throws {TokenRenewalBusy}, and what the token endpoint and the vault throw; the tokens are still there then.
   */
  end(connectionId: string, options?: { readonly unasked?: boolean }): Promise<TokensEnd>;
  /** Drops what this instance remembers. */
  forget(connectionId: string): void;
}

export interface TokensDeps {
  readonly secrets: SecretStore;
  readonly lease: Pick<Lease, 'acquire'>;
  readonly endpoint: Pick<TokenEndpoint, 'refresh'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: ConnectionObserver;
  /** At least 0 and below 1. */
  readonly random?: () => number;
}

export function makeTokens(deps: TokensDeps): Tokens {
  const { endpoint, clock, log, observer } = deps;
  const vault = makeTokenVault(deps);
  const hold = makeHoldTokens(deps);
  const renew = makeRenewTokens({ vault, hold, endpoint, observer, clock, log });
  const memory = new Map<string, { readonly tokens: StoredTokens; readonly readAt: number }>();
  const renewals = new Map<string, Promise<StoredTokens>>();

  const usableFor =
    ({ refuse, obtainedAfter = -Infinity }: AskedToken) =>
    ({ accessToken, expiresAt, obtainedAt }: StoredTokens) =>
      accessToken !== refuse &&
      Date.parse(expiresAt) - clock.now() > EXPIRY_MARGIN_MILLISECONDS &&
      Date.parse(obtainedAt) >= obtainedAfter;

  async function obtain(
    connectionId: string,
    usable: (tokens: StoredTokens) => boolean,
  ): Promise<StoredTokens> {
    try {
      const tokens = await renew(connectionId, usable);
      memory.set(connectionId, { tokens, readAt: clock.now() });
      return tokens;
    } catch (error) {
      if (error instanceof ReconnectNeeded) {
        memory.delete(connectionId);
        log.error('constant-contact.reconnect-needed', { connection: connectionId, reason: error.reason });
        await observer.reconnectNeeded(connectionId, error.reason);
      } else {
        log.warn('constant-contact.no-token', { connection: connectionId, code: codeOf(error) });
        if (isUnavailable(error)) await observer.called(connectionId, 'unreachable');
      }
      throw error;
    } finally {
      renewals.delete(connectionId);
    }
  }

  async function endHolding(connectionId: string, unasked: boolean): Promise<TokensEnd> {
    const stored = await vault.read(connectionId).catch((error: unknown) => {
      if (error instanceof ReconnectNeeded) return undefined;
      throw error;
    });
    let end: TokensEnd = stored ? 'ended' : 'absent';
    if (stored?.kind === 'long-lived') end = 'long-lived';
    else if (stored && unasked) end = 'not-ended';
    else if (stored) {
      const answer = await endpoint.refresh(stored.refreshToken);
      const stays =
        !('refused' in answer) && (answer.refreshToken ?? stored.refreshToken) === stored.refreshToken;
      if (stays) end = 'long-lived';
    }
    await vault.remove(connectionId);
    return end;
  }

  return {
    async accessToken(connectionId, asked = {}) {
      const usable = usableFor(asked);
      const known = memory.get(connectionId);
      if (known && clock.now() - known.readAt < MEMORY_MILLISECONDS && usable(known.tokens))
        return known.tokens.accessToken;
      for (;;) {
        const running = renewals.get(connectionId);
        const renewal = running ?? obtain(connectionId, usable);
        renewals.set(connectionId, renewal);
        const tokens = await renewal;
        // A renewal that was under way for others may end with the very token that this caller had refused.
        if (!running || usable(tokens)) return tokens.accessToken;
      }
    },

    async signedIn(connectionId, { accessToken, refreshToken, lifeSeconds }, first) {
      const now = clock.now();
      const tokens: StoredTokens = {
        accessToken,
        refreshToken,
        expiresAt: new Date(now + lifeSeconds * 1000).toISOString(),
        obtainedAt: new Date(now).toISOString(),
      };
      await hold(connectionId, async (handle) => {
        await first();
        await vault.persist(connectionId, async () => {
          if (!(await handle.renew()))
            log.warn('constant-contact.token-lease-lost', { connection: connectionId });
          await vault.write(connectionId, tokens);
        });
        memory.delete(connectionId);
        await observer.renewed(connectionId, {
          refreshTokens: undefined,
          accessTokenEndsAt: tokens.expiresAt,
        });
      });
    },

    async end(connectionId, { unasked = false } = {}) {
      const end = await hold(connectionId, () => endHolding(connectionId, unasked));
      memory.delete(connectionId);
      return end;
    },

    forget(connectionId) {
      memory.delete(connectionId);
    },
  };
}
