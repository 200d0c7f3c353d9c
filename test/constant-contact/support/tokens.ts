// Tokens of one connection in front of a token server, with a vault and leases in memory.
import type { ConnectionObserver } from '../../../shared/constant-contact/observer';
import { makeTokenEndpoint } from '../../../shared/constant-contact/token-endpoint';
import { tokenSecretName } from '../../../shared/constant-contact/token-secret';
import { makeTokens } from '../../../shared/constant-contact/tokens';
import { NOON } from './client';
import { makeJumpingClock } from './clocks';
import { makeMemoryLease, makeMemorySecrets } from './memory-stores';
import { makeRecordingLog } from './recording-log';
import { startTokenServer } from './token-server';

export const CONNECTION = 'conn1';
export const CLIENT_SECRET = 'client-secret-value';

/** For connections of which nobody keeps anything. */
export const nobodyObserves: ConnectionObserver = {
  renewed: () => Promise.resolve(),
  reconnectNeeded: () => Promise.resolve(),
  called: () => Promise.resolve(),
};

const iso = (moment: number) => new Date(moment).toISOString();

export async function startTokens(options: { readonly longLived?: boolean } = {}) {
  const { server, state } = await startTokenServer(options);
  const time = makeJumpingClock(NOON);
  const secrets = makeMemorySecrets();
  const leases = makeMemoryLease();
  const logged = makeRecordingLog();
  const slots: number[] = [];
  secrets.stored.set('client-secret', CLIENT_SECRET);

  /** Tokens as an instance of the app would hold them: all instances share vault and leases. */
  const instance = () => {
    const budget = { reserve: () => Promise.resolve(void slots.push(time.clock.now())) };
    const shared = { secrets, clock: time.clock, log: logged.log, random: () => 0.5 };
    const endpoint = makeTokenEndpoint({
      ...shared,
      fetch,
      tokenUrl: `${server.url}/oauth2/default/v1/token`,
      clientId: 'client id',
      clientSecretName: 'client-secret',
      budget,
      timeoutMs: 10_000,
    });
    return makeTokens({ ...shared, lease: leases.lease, endpoint, observer: nobodyObserves });
  };
  return {
    server,
    state,
    time,
    secrets,
    leases,
    logged,
    slots,
    instance,
    tokens: instance(),
    /** Stores tokens as a sign-in does. They live for another `milliseconds`. */
    signIn(accessToken: string, refreshToken: string, milliseconds: number) {
      const value = { accessToken, refreshToken, expiresAt: iso(time.clock.now() + milliseconds) };
      secrets.stored.set(tokenSecretName(CONNECTION), JSON.stringify(value));
    },
    stored: () =>
      JSON.parse(secrets.stored.get(tokenSecretName(CONNECTION)) ?? 'null') as Record<string, string> | null,
  };
}

export type StartedTokens = Awaited<ReturnType<typeof startTokens>>;
