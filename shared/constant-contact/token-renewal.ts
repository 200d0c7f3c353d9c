// Renewal of a connection's tokens. A refresh token is single use: one renewal at a time everywhere, and the new one is stored before
// anything else is done with the answer.
import type { Clock } from '../platform/clock';
import type { LeaseHandle } from '../platform/lease';
import type { Log } from '../platform/log';
import type { ConnectionObserver } from './observer';
import type { TokenEndpoint } from './token-endpoint';
import { ReconnectNeeded } from './token-errors';
import type { HoldTokens } from './token-lease';
import type { StoredTokens } from './token-secret';
import type { TokenVault } from './token-vault';

/** Before the second look: a renewal elsewhere that outlived its lease gets the time to store what it has. */
const SECOND_LOOK_PAUSE_MILLISECONDS = 2000;

/** The refresh token that the second look finds is tried as well, and that is all. */
const MOST_LOOKS = 2;

/** Whether tokens are what somebody asked for. */
export type Usable = (tokens: StoredTokens) => boolean;

export interface TokenRenewalDeps {
  readonly vault: TokenVault;
  readonly hold: HoldTokens;
  readonly endpoint: Pick<TokenEndpoint, 'refresh'>;
  readonly observer: ConnectionObserver;
  readonly clock: Clock;
  readonly log: Log;
}

/** @returns usable tokens, renewed if need be. @throws what `Tokens.accessToken` throws. */
export type RenewTokens = (connectionId: string, usable: Usable) => Promise<StoredTokens>;

export function makeRenewTokens(deps: TokenRenewalDeps): RenewTokens {
  const { vault, hold, endpoint, observer, clock, log } = deps;
  /** New tokens that could not be stored yet, with the refresh token that they take the place of. */
  const unstored = new Map<string, { readonly replaces: string; readonly tokens: StoredTokens }>();

  /** Stores what `unstored` holds, unless somebody has signed in anew meanwhile. @returns the tokens that stand. */
  async function store(connectionId: string, handle: LeaseHandle): Promise<StoredTokens | undefined> {
    try {
      return await vault.persist(connectionId, async () => {
        const fresh = unstored.get(connectionId);
        if (!fresh) return undefined;
        // Without the lease it goes on all the same: these tokens are the only valid ones, unless others have been stored.
        if (!(await handle.renew()))
          log.warn('constant-contact.token-lease-lost', { connection: connectionId });
        const latest = await vault.read(connectionId);
        const ours = latest.refreshToken === fresh.replaces;
        if (ours) await vault.write(connectionId, fresh.tokens);
        unstored.delete(connectionId);
        return ours ? fresh.tokens : latest;
      });
    } catch (error) {
      // The connection was removed meanwhile: nothing brings its tokens back.
      if (error instanceof ReconnectNeeded) unstored.delete(connectionId);
      throw error;
    }
  }

  async function renewHolding(
    connectionId: string,
    usable: Usable,
    handle: LeaseHandle,
  ): Promise<StoredTokens> {
    await store(connectionId, handle);
    let stored = await vault.read(connectionId);
    for (let look = 1; !usable(stored); look += 1) {
      const { refreshToken } = stored;
      const answer = await endpoint.refresh(refreshToken);
      if (!('refused' in answer)) {
        const rotated = (answer.refreshToken ?? refreshToken) !== refreshToken;
        const kind = rotated ? 'rotating' : 'long-lived';
        const tokens = {
          accessToken: answer.accessToken,
          refreshToken: answer.refreshToken ?? refreshToken,
          expiresAt: new Date(clock.now() + answer.lifeSeconds * 1000).toISOString(),
          obtainedAt: new Date(clock.now()).toISOString(),
          kind,
        } as const;
        unstored.set(connectionId, { replaces: refreshToken, tokens });
        const standing = (await store(connectionId, handle)) ?? tokens;
        log.info('constant-contact.tokens-renewed', { connection: connectionId, rotated });
        await observer.renewed(connectionId, {
          refreshTokens: kind,
          accessTokenEndsAt: standing.expiresAt,
        });
        return standing;
      }
      await clock.sleep(SECOND_LOOK_PAUSE_MILLISECONDS);
      await handle.renew();
      stored = await vault.read(connectionId);
      if (usable(stored)) return stored;
      if (stored.refreshToken === refreshToken || look === MOST_LOOKS)
        throw new ReconnectNeeded(connectionId, 'refresh-token-refused', answer.refused);
    }
    return stored;
  }

  return (connectionId, usable) =>
    hold(
      connectionId,
      (handle) => renewHolding(connectionId, usable, handle),
      async () => {
        const stored = await vault.read(connectionId);
        return usable(stored) && !unstored.has(connectionId) ? stored : undefined;
      },
    );
}
