// Connections as the app has them, in front of the Constant Contact emulator over HTTP. Time passes only when somebody waits.
import { makeConnectionStore } from '../../../shared/connections/connection-store';
import { makeConnectionObserver, makeHealthFactsStore } from '../../../shared/connections/health-facts';
import { makeHealth } from '../../../shared/connections/health';
import { makeKeepAlive } from '../../../shared/connections/keep-alive';
import { makeManageConnections } from '../../../shared/connections/manage-connections';
import { makeRemoveConnection, type ConnectionExports } from '../../../shared/connections/remove';
import { makeSignIn, type SignInCallback } from '../../../shared/connections/sign-in';
import { makeSignInStates } from '../../../shared/connections/sign-in-states';
import { makeBudget } from '../../../shared/constant-contact/budget';
import { makeConstantContact } from '../../../shared/constant-contact/client';
import { makeTokenEndpoint } from '../../../shared/constant-contact/token-endpoint';
import { tokenSecretName } from '../../../shared/constant-contact/token-secret';
import { makeTokens } from '../../../shared/constant-contact/tokens';
import type { Lease } from '../../../shared/platform/lease';
import type { Table } from '../../../shared/platform/tables';
import type { SecretStore } from '../../../shared/platform/vault';
import { NOON } from '../../constant-contact/support/client';
import { makeJumpingClock } from '../../constant-contact/support/clocks';
import { makeMemoryLease, makeMemorySecrets } from '../../constant-contact/support/memory-stores';
import { makeRecordingLog } from '../../constant-contact/support/recording-log';
import { startConstantContact } from '../../emulators/constant-contact/emulator';
import type { Options } from '../../emulators/constant-contact/options';
import { makeMemoryTable } from '../../support/memory-tables';

export const ada = { id: 'tenant/ada', name: 'Ada' };
export const bob = { id: 'tenant/bob', name: 'Bob' };

export const DAY = 86_400_000;

export interface WorldOptions {
  readonly constantContact?: Options;
  /** Where connections lie; in memory if absent. */
  readonly table?: Table;
  readonly secrets?: SecretStore;
  readonly lease?: Pick<Lease, 'acquire'>;
  readonly pkce?: boolean;
  readonly redirectUrl?: string | undefined;
  readonly consentVersion?: string;
  readonly perDay?: number;
}

export const longLived = {
  clients: [{ clientId: 'client', clientSecret: 'long-lived-client-secret', refreshTokens: 'long-lived' }],
} as const satisfies Options;

/** The exports that a removal meets, in memory. */
export interface MemoryExports extends ConnectionExports {
  /** By id, with their names. */
  readonly using: Map<string, string>;
  /** How many runs are not over, however often they are asked to stop. */
  running: number;
  readonly done: string[];
}

function makeExports(): MemoryExports {
  const using = new Map<string, string>();
  const done: string[] = [];
  const leave = (how: string) => (id: string) => {
    using.delete(id);
    done.push(`${how} ${id}`);
    return Promise.resolve();
  };
  const exports: MemoryExports = {
    using,
    running: 0,
    done,
    dependents: () => Promise.resolve([...using].map(([id, name]) => ({ id, name }))),
    detach: leave('detach'),
    remove: leave('remove'),
    cancelRuns(id) {
      done.push(`cancel runs of ${id}`);
      return Promise.resolve(exports.running);
    },
  };
  return exports;
}

export async function startConnections(options: WorldOptions = {}) {
  const time = makeJumpingClock(NOON);
  const { clock } = time;
  const emulator = await startConstantContact({
    clock,
    limits: { perSecond: 1_000_000, tokenPerSecond: 1_000_000 },
    ...options.constantContact,
  });
  const memorySecrets = makeMemorySecrets();
  const secrets = options.secrets ?? memorySecrets;
  const memoryTable = makeMemoryTable();
  const table = options.table ?? memoryTable;
  const leases = makeMemoryLease();
  const logged = makeRecordingLog();
  const { log } = logged;
  await secrets.set('client-secret', emulator.clientSecret);
  const exports = makeExports();

  /** One instance of the app. All share tables, leases and vault. */
  function instance() {
    const { clientId } = emulator;
    const rate = { table: makeMemoryTable(), clientId, clock, log, random: () => 0 };
    const budget = makeBudget({ ...rate, perSecond: 4, perDay: options.perDay ?? 10_000 });
    const account = { fetch, apiUrl: emulator.apiUrl, budget, log, clock, requestTimeoutMs: 10_000 };
    const connections = makeConnectionStore(table);
    const facts = makeHealthFactsStore(table);
    const observer = makeConnectionObserver({ facts, clock, log });
    const endpoint = makeTokenEndpoint({
      fetch,
      tokenUrl: emulator.tokenUrl,
      clientId,
      clientSecretName: 'client-secret',
      secrets,
      budget: makeBudget({ ...rate, purpose: 'token', perSecond: 1 }),
      clock,
      log,
      timeoutMs: 10_000,
    });
    const tokens = makeTokens({
      secrets,
      lease: options.lease ?? leases.lease,
      endpoint,
      observer,
      clock,
      log,
      random: () => 0.5,
    });
    const consent = options.consentVersion === undefined ? {} : { consentVersion: options.consentVersion };
    const shared = { connections, facts, observer, tokens, clock, log, ...consent };
    return {
      connections,
      facts,
      observer,
      tokens,
      budget,
      endpoint,
      manage: makeManageConnections(shared),
      health: makeHealth({ ...shared, budget }),
      keepAlive: makeKeepAlive({ ...shared, idle: 90 * DAY }),
      removal: makeRemoveConnection({ ...shared, exports, patience: 3_600_000 }),
      signIn: makeSignIn({
        ...shared,
        endpoint,
        budget,
        states: makeSignInStates({ table, clock, life: 600_000 }),
        accountOf: (token) =>
          makeConstantContact({ ...account, accessToken: () => Promise.resolve(token), random: () => 0 }),
        clientId,
        authorizeUrl: emulator.authorizeUrl,
        redirectUrl:
          'redirectUrl' in options ? options.redirectUrl : 'http://127.0.0.1:7071/api/sign-in/callback',
        pkce: options.pkce ?? false,
      }),
      /** The calls of a connection. */
      constantContact: (connectionId: string) =>
        makeConstantContact({
          ...account,
          accessToken: (asked) => tokens.accessToken(connectionId, asked),
          observe: (outcome) => observer.called(connectionId, outcome),
          random: () => 0,
        }),
    };
  }
  const app = instance();

  /** What a person's browser does with the address: signs in (or not), and comes back. */
  async function browse(url: string, more: Readonly<Record<string, string>> = {}): Promise<SignInCallback> {
    const address = new URL(url);
    for (const [name, value] of Object.entries({ auto_approve: 'true', ...more }))
      address.searchParams.set(name, value);
    const response = await fetch(address, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (location === null) throw new Error(`the sign-in page answered ${response.status}`);
    const back = new URL(location).searchParams;
    const given = (name: string) => back.get(name) ?? undefined;
    return { state: given('state'), code: given('code'), error: given('error') };
  }

  const makeConnection = async (name = 'Newsletter', version = options.consentVersion ?? '1') => {
    const { value } = await app.manage.create(
      { name, sharedWith: 'administrators', contactLimit: null },
      ada,
    );
    await app.manage.acceptConsent(value.id, undefined, version, ada);
    return value.id;
  };

  /** Begins a sign-in, and comes back with its answer. */
  const comeBack = async (id: string, more: Readonly<Record<string, string>> = {}, by = ada) =>
    browse((await app.signIn.start(id, by)).url, more);

  return {
    ...app,
    app,
    instance,
    time,
    emulator,
    secrets: memorySecrets,
    table: memoryTable,
    leases,
    logged,
    exports,
    browse,
    comeBack,
    makeConnection,
    /** A connection that is signed in to `account`. */
    async connect(name?: string, account?: string) {
      const id = await makeConnection(name);
      await app.signIn.finish(await comeBack(id, account === undefined ? {} : { account }), ada);
      return id;
    },
    stored: (id: string) =>
      JSON.parse(memorySecrets.stored.get(tokenSecretName(id)) ?? 'null') as Record<string, string> | null,
    healthOf: async (id: string) => app.health.of((await app.connections.get(id))!),
    stop: () => emulator.stop(),
  };
}

export type ConnectionsWorld = Awaited<ReturnType<typeof startConnections>>;
