// What is known of how a connection is doing: facts that change on their own, beside the configuration. They are written by whoever
// learns them (token renewals, calls), so that looking at a connection costs no call to Constant Contact.
import { z } from 'zod';
import type { CallOutcome, ConnectionObserver } from '../constant-contact/observer';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import { idSchema } from '../platform/ids';
import type { Log } from '../platform/log';
import type { Table } from '../platform/tables';
import { healthKey, partition } from './connection-rows';

const moment = z.iso.datetime().nullable();

export const healthFactsSchema = z.strictObject({
  /** `null` until the first renewal shows it. */
  refreshTokens: z.enum(['rotating', 'long-lived']).nullable(),
  /** The last sign-in or renewal: the refresh token ends 180 days after it. */
  tokensObtainedAt: moment,
  /** When the access token ends. */
  accessTokenEndsAt: moment,
  /** To the minute. */
  lastSuccessAt: moment,
  /** Since when no call has got through; `null` while they do. */
  unreachableSince: moment,
  /** Why somebody must sign in again. */
  reconnect: z.strictObject({ since: z.iso.datetime(), reason: z.string() }).nullable(),
});
export type HealthFacts = z.output<typeof healthFactsSchema>;

export const noFacts: HealthFacts = {
  refreshTokens: null,
  tokensObtainedAt: null,
  accessTokenEndsAt: null,
  lastSuccessAt: null,
  unreachableSince: null,
  reconnect: null,
};

/** The same outcome of calls is written once in this time, by each instance. */
const WRITE_PAUSE_MILLISECONDS = 60_000;

/** Losing a race this often leaves the facts to the others, who know as much. */
const MOST_RACES = 5;

export interface HealthFactsStore {
  get(connectionId: string): Promise<HealthFacts>;
  /** Facts of a connection that is not there are dropped. @throws what the table throws */
  update(connectionId: string, change: (before: HealthFacts) => HealthFacts): Promise<void>;
}

export function makeHealthFactsStore(table: Table): HealthFactsStore {
  const find = async (id: string) =>
    idSchema.safeParse(id).success ? table.get(healthFactsSchema, partition, healthKey(id)) : undefined;
  return {
    get: async (id) => (await find(id))?.value ?? noFacts,
    async update(id, change) {
      for (let race = 0; race < MOST_RACES; race += 1) {
        const found = await find(id);
        if (!found) return;
        const value = healthFactsSchema.parse(change(found.value));
        const replaced = { kind: 'replace', rowKey: found.rowKey, value, etag: found.etag } as const;
        if (await table.change(partition, [replaced])) return;
      }
    },
  };
}

/** Records what calls and renewals show. It never throws: a fact that cannot be written must not fail the call that showed it. */
export function makeConnectionObserver(deps: {
  readonly facts: HealthFactsStore;
  readonly clock: Clock;
  readonly log: Log;
}): ConnectionObserver {
  const { facts, clock, log } = deps;
  /** What this instance wrote last of each connection's calls, and when. */
  const written = new Map<string, { readonly outcome: CallOutcome; readonly at: number }>();

  async function record(connectionId: string, change: (before: HealthFacts) => HealthFacts): Promise<void> {
    try {
      await facts.update(connectionId, change);
    } catch (error) {
      log.warn('connection.health-not-recorded', { connection: connectionId, code: codeOf(error) });
    }
  }

  return {
    renewed: (id, facts) => record(id, (before) => afterRenewal(before, facts, clock.now())),
    reconnectNeeded: (id, reason) => record(id, (before) => needingReconnect(before, reason, clock.now())),
    async called(id, outcome) {
      const last = written.get(id);
      if (last?.outcome === outcome && clock.now() - last.at < WRITE_PAUSE_MILLISECONDS) return;
      written.set(id, { outcome, at: clock.now() });
      await record(id, (before) => afterCall(before, outcome, clock.now()));
    },
  };
}

const iso = (moment: number) => new Date(moment).toISOString();

const needingReconnect = (before: HealthFacts, reason: string, now: number): HealthFacts => ({
  ...before,
  reconnect: before.reconnect ?? { since: iso(now), reason },
});

const afterRenewal = (
  before: HealthFacts,
  { refreshTokens, accessTokenEndsAt }: Parameters<ConnectionObserver['renewed']>[1],
  now: number,
): HealthFacts => ({
  ...before,
  refreshTokens: refreshTokens ?? before.refreshTokens,
  tokensObtainedAt: iso(now),
  accessTokenEndsAt,
  unreachableSince: null,
  reconnect: null,
});

const callRefused = 'access-token-refused';

function afterCall(before: HealthFacts, outcome: CallOutcome, now: number): HealthFacts {
  if (outcome === 'refused') return needingReconnect(before, callRefused, now);
  if (outcome === 'unreachable') return { ...before, unreachableSince: before.unreachableSince ?? iso(now) };
  return {
    ...before,
    lastSuccessAt: iso(now),
    unreachableSince: null,
    // What a call has shown, a call can take back. A refused refresh token stays refused while the access token lives on.
    reconnect: before.reconnect?.reason === callRefused ? null : before.reconnect,
  };
}
