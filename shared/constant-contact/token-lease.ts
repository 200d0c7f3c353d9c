// One at a time: whoever changes the tokens of a connection holds its lease, in whatever instance.
import type { Clock } from '../platform/clock';
import type { Lease, LeaseHandle } from '../platform/lease';
import type { Log } from '../platform/log';
import { TokenRenewalBusy } from './token-errors';
import { tokenLeaseName } from './token-secret';

/** The longest lease of Blob storage. A call within it ends earlier, by its own deadline (`LONGEST_REFRESH_CALL_MILLISECONDS`). */
const LEASE_SECONDS = 60;

/** Whoever waits for the lease of an instance that died gets it in the end. */
const LEASE_PATIENCE_MILLISECONDS = LEASE_SECONDS * 1000 + 15_000;
const LEASE_PAUSE_MILLISECONDS = 1000;

export interface TokenLeaseDeps {
  readonly lease: Pick<Lease, 'acquire'>;
  readonly clock: Clock;
  readonly log: Log;
  /** At least 0 and below 1. */
  readonly random?: () => number;
}

/**
 * Does `work` holding the lease, which it may renew.
 * @param meanwhile asked before each try to get the lease: what it returns makes the work needless.
 * @throws {TokenRenewalBusy} when others hold the lease for longer than it can last.
 */
export type HoldTokens = <T>(
  connectionId: string,
  work: (handle: LeaseHandle) => Promise<T>,
  meanwhile?: () => Promise<T | undefined>,
) => Promise<T>;

export function makeHoldTokens({ lease, clock, log, random = Math.random }: TokenLeaseDeps): HoldTokens {
  return async (connectionId, work, meanwhile) => {
    const started = clock.now();
    while (clock.now() - started <= LEASE_PATIENCE_MILLISECONDS) {
      const needless = await meanwhile?.();
      if (needless !== undefined) return needless;
      const handle = await lease.acquire(tokenLeaseName(connectionId), LEASE_SECONDS);
      if (handle) {
        try {
          return await work(handle);
        } finally {
          // A lease that cannot be given back ends by itself.
          await handle
            .release()
            .catch(() => log.warn('constant-contact.token-lease-not-released', { connection: connectionId }));
        }
      }
      await clock.sleep(LEASE_PAUSE_MILLISECONDS * (0.5 + random()));
    }
    throw new TokenRenewalBusy(connectionId);
  };
}
