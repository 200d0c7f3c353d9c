// Two instances of the app share one connection whose refresh tokens rotate, through many expiries, with crashes, a vault that fails and
// answers that are lost: token endpoint and vault are the emulators, over HTTP. Only what nobody could have kept is lost.
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { makeTokenEndpoint, type TokenEndpoint } from '../../shared/constant-contact/token-endpoint';
import { ReconnectNeeded } from '../../shared/constant-contact/token-errors';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { makeTokens, type Tokens } from '../../shared/constant-contact/tokens';
import type { Clock } from '../../shared/platform/clock';
import type { Lease } from '../../shared/platform/lease';
import { makeSecretStore, type SecretStore } from '../../shared/platform/vault';
import { makeSecretClient } from '../../shared/platform/vault-client';
import { startConstantContact } from '../emulators/constant-contact/emulator';
import { makeIdentityToken } from '../emulators/identity';
import { startKeyVault } from '../emulators/key-vault';
import { NOON } from './support/client';
import { makeRecordingLog } from './support/recording-log';
import { nobodyObserves } from './support/tokens';

const DAY = 86_400_000;
const connection = 'conn1';

/** Where an instance dies, or does not. Of these, only the two in the middle lose a token that nobody else has. */
const crashes = ['before-call', 'after-issue', 'before-store', 'after-store', 'before-release'] as const;
type Crash = (typeof crashes)[number];

interface Trouble {
  readonly crash: Crash | undefined;
  /** Tries to store that fail, before or after they took effect. */
  readonly faults: readonly ('before' | 'after')[];
  /** Constant Contact's answer gets lost. */
  readonly lostAnswer: boolean;
}

const quiet: Trouble = { crash: undefined, faults: [], lostAnswer: false };

/** Simulated time, which moves on only when nobody waits for the network: a call takes no time, however long it takes here. */
function makeNetworkClock(start: number) {
  let now = start;
  let busy = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: (milliseconds) => new Promise((wake) => void sleepers.push({ at: now + milliseconds, wake })),
  };
  return {
    clock,
    advance: (milliseconds: number) => void (now += milliseconds),
    async during<T>(work: () => Promise<T>): Promise<T> {
      busy += 1;
      try {
        return await work();
      } finally {
        busy -= 1;
      }
    },
    async run<T>(work: Promise<T>): Promise<T> {
      const state = { ended: false };
      const end = () => void (state.ended = true);
      work.then(end, end);
      for (;;) {
        await turn();
        if (state.ended) return work;
        if (busy > 0) continue;
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers.shift();
        if (!next) continue;
        now = Math.max(now, next.at);
        next.wake();
      }
    },
  };
}

/** Leases that end by the simulated time. */
function makeTimedLease(clock: Clock): Pick<Lease, 'acquire'> {
  let holder: { readonly me: symbol; until: number } | undefined;
  return {
    async acquire(_name, seconds) {
      await turn();
      if (holder && clock.now() < holder.until) return undefined;
      const me = Symbol('holder');
      const until = () => clock.now() + seconds * 1000;
      holder = { me, until: until() };
      return {
        async renew() {
          await turn();
          if (holder?.me !== me) return false;
          holder.until = until();
          return true;
        },
        async release() {
          await turn();
          if (holder?.me === me) holder = undefined;
        },
      };
    },
  };
}

async function startShared() {
  const time = makeNetworkClock(NOON);
  const { clock } = time;
  const emulator = await startConstantContact({ clock, limits: { tokenPerSecond: 1_000_000 } });
  const vault = await startKeyVault({ clock });
  const expiresOnTimestamp = Date.now() + 3_600_000;
  const client = makeSecretClient(vault.url, {
    getToken: () =>
      Promise.resolve({ token: makeIdentityToken('https://vault.azure.net'), expiresOnTimestamp }),
  });
  const store = makeSecretStore(client);
  await store.set('client-secret', emulator.clientSecret);
  const lease = makeTimedLease(clock);
  const { log } = makeRecordingLog();
  /** Whether what only one instance had is gone with it. */
  const fate = { lost: false };

  /** An instance with its troubles; `call` never ends once it has crashed, and `crashed` tells. */
  function instance(trouble: Trouble) {
    const faults = [...trouble.faults];
    let crash = () => undefined as unknown;
    const crashed = new Promise<'crashed'>((resolve) => (crash = () => resolve('crashed')));
    const dieAt = async (where: Crash): Promise<void> => {
      if (trouble.crash !== where) return;
      crash();
      await new Promise(() => undefined);
    };
    const real = makeTokenEndpoint({
      fetch,
      tokenUrl: emulator.tokenUrl,
      clientId: emulator.clientId,
      clientSecretName: 'client-secret',
      secrets: store,
      budget: { reserve: () => Promise.resolve() },
      clock,
      log,
      timeoutMs: 20_000,
    });
    const endpoint: Pick<TokenEndpoint, 'refresh'> = {
      async refresh(token) {
        await dieAt('before-call');
        const answer = await time.during(() => real.refresh(token));
        const issued = !('refused' in answer);
        if (issued && (trouble.crash === 'after-issue' || trouble.lostAnswer)) fate.lost = true;
        if (issued) await dieAt('after-issue');
        if (issued && trouble.lostAnswer) throw new Error('the answer was lost');
        return answer;
      },
    };
    const secrets: SecretStore = {
      get: (name) => time.during(() => store.get(name)),
      async set(name, value) {
        if (trouble.crash === 'before-store') fate.lost = true;
        await dieAt('before-store');
        const fault = faults.shift();
        if (fault === 'before') throw new Error('the vault is busy');
        await time.during(() => store.set(name, value));
        if (fault === 'after') throw new Error('the answer of the vault was lost');
        await dieAt('after-store');
      },
      retireOlder: (name) => time.during(() => store.retireOlder(name)),
      remove: (name) => time.during(() => store.remove(name)),
    };
    const guarded: Pick<Lease, 'acquire'> = {
      async acquire(name, seconds) {
        const handle = await lease.acquire(name, seconds);
        return (
          handle && {
            renew: () => handle.renew(),
            async release() {
              await dieAt('before-release');
              await handle.release();
            },
          }
        );
      },
    };
    const tokens: Tokens = makeTokens({
      secrets,
      lease: guarded,
      endpoint,
      observer: nobodyObserves,
      clock,
      log,
      random: () => 0.5,
    });
    const call = () => Promise.race([tokens.accessToken(connection), crashed]);
    return { tokens, call };
  }

  return {
    time,
    fate,
    instance,
    async signIn() {
      const issued = emulator.issueTokens();
      const answer = {
        accessToken: issued.access_token,
        refreshToken: issued.refresh_token ?? '',
        lifeSeconds: issued.expires_in,
      };
      const { tokens } = instance(quiet);
      await time.run(tokens.signedIn(connection, answer, () => Promise.resolve()));
      fate.lost = false;
    },
    /** Whether Constant Contact takes the token. */
    works: async (token: string) =>
      (await fetch(`${emulator.apiUrl}/account/summary`, { headers: { authorization: `Bearer ${token}` } }))
        .ok,
    async enabledVersions() {
      const versions = await Array.fromAsync(
        client.listPropertiesOfSecretVersions(tokenSecretName(connection)),
      );
      return { all: versions.length, enabled: versions.filter(({ enabled }) => enabled).length };
    },
    async stop() {
      await vault.stop();
      await emulator.stop();
    },
  };
}

const trouble: fc.Arbitrary<Trouble> = fc.record({
  crash: fc.option(fc.constantFrom(...crashes), { nil: undefined, freq: 2 }),
  faults: fc.array(fc.constantFrom('before' as const, 'after' as const), { maxLength: 4 }),
  lostAnswer: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
const expiry = fc.tuple(trouble, trouble);

let sum = { expiries: 0, lost: 0 };

test('through many expiries, a connection is lost only when its newest token died with the instance that had it', async () => {
  sum = { expiries: 0, lost: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(expiry, { minLength: 6, maxLength: 10 }), async (expiries) => {
      const shared = await startShared();
      try {
        await shared.signIn();
        for (const troubles of expiries) {
          shared.time.advance(DAY);
          sum.expiries += 1;
          const both = troubles.map((each) => shared.instance(each).call());
          await shared.time.run(Promise.allSettled(both));
          // Whoever comes after the crash waits for the lease of the dead to end.
          const survivor = shared.instance(quiet).call();
          const [outcome] = await shared.time.run(Promise.allSettled([survivor]));
          if (outcome.status === 'fulfilled') {
            expect(await shared.works(outcome.value)).toBe(true);
          } else {
            expect(outcome.reason).toBeInstanceOf(ReconnectNeeded);
            expect(shared.fate.lost).toBe(true);
          }
          if (shared.fate.lost) {
            sum.lost += 1;
            await shared.signIn();
          }
        }
        shared.time.advance(DAY);
        await shared.time.run(shared.instance(quiet).call());
        const versions = await shared.enabledVersions();
        expect(versions.all).toBeGreaterThan(expiries.length);
        expect(versions.enabled).toBe(1);
      } finally {
        await shared.stop();
      }
    }),
    { numRuns: 12 },
  );
  // Both kinds of expiry were met: those that could be kept, and those that could not.
  expect(sum.expiries).toBeGreaterThan(60);
  expect(sum.lost).toBeGreaterThan(0);
  expect(sum.lost).toBeLessThan(sum.expiries);
}, 120_000);

test.each(crashes)('a crash %s, alone, ends as it must', async (crash) => {
  const shared = await startShared();
  try {
    await shared.signIn();
    shared.time.advance(DAY);
    await shared.time.run(shared.instance({ ...quiet, crash }).call());
    const [outcome] = await shared.time.run(Promise.allSettled([shared.instance(quiet).call()]));
    const lost = crash === 'after-issue' || crash === 'before-store';
    expect(outcome.status).toBe(lost ? 'rejected' : 'fulfilled');
    expect(shared.fate.lost).toBe(lost);
  } finally {
    await shared.stop();
  }
});
