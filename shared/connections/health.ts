// How a connection is doing, from what is on record: no look costs a call to Constant Contact.
import { z } from 'zod';
import type { Budget } from '../constant-contact/budget';
import type { Clock } from '../platform/clock';
import type { Connection } from './connection';
import { consentStateOf } from './consent';
import type { HealthFacts, HealthFactsStore } from './health-facts';

/** A refresh token ends when it has not been used for 180 days. Source: Constant Contact's support staff. */
const REFRESH_TOKEN_MILLISECONDS = 180 * 86_400_000;

const moment = z.iso.datetime();

export const connectionStateSchema = z.enum([
  'Consent needed',
  'Sign-in needed',
  'Connected',
  'Reconnect needed',
  'Unreachable',
]);
export type ConnectionState = z.output<typeof connectionStateSchema>;

export const connectionHealthSchema = z.strictObject({
  state: connectionStateSchema,
  /** Why a reconnect is needed, as a stable word. */
  reason: z.string().nullable(),
  /** `outdated`: runs go on; the next sign-in or change asks for the present text. */
  consent: z.enum(['needed', 'outdated', 'accepted']),
  organization: z.string().nullable(),
  tokens: z
    .strictObject({
      /** `null` until the first renewal shows it. */
      kind: z.enum(['rotating', 'long-lived']).nullable(),
      /** The last sign-in or renewal. */
      obtainedAt: moment,
      ageSeconds: z.int().min(0),
      /** When somebody would have to sign in again, if they were never renewed. */
      endsAt: moment,
      accessTokenEndsAt: moment.nullable(),
    })
    .nullable(),
  /** To the minute. */
  lastSuccessAt: moment.nullable(),
  unreachableSince: moment.nullable(),
  /** Calls that all connections together may still make on this UTC day. */
  requestsLeftToday: z.int().min(0),
});
export type ConnectionHealth = z.output<typeof connectionHealthSchema>;

export interface Health {
  of(connection: Connection): Promise<ConnectionHealth>;
}

export function makeHealth(deps: {
  readonly facts: Pick<HealthFactsStore, 'get'>;
  readonly budget: Pick<Budget, 'usedToday'>;
  readonly clock: Clock;
}): Health {
  return {
    async of(connection) {
      const [facts, use] = await Promise.all([deps.facts.get(connection.id), deps.budget.usedToday()]);
      return healthOf(connection, facts, use.spentUntil === undefined ? use.left : 0, deps.clock.now());
    },
  };
}

/** Whether somebody has ever signed in with the connection, which is not to say that its sign-in is still good. */
export const wasSignedIn = async (health: Health, connection: Connection): Promise<boolean> =>
  connection.account !== null || (await health.of(connection)).state !== 'Sign-in needed';

/** @param now milliseconds since 1970. */
export function healthOf(
  connection: Pick<Connection, 'consent' | 'account'>,
  facts: HealthFacts,
  requestsLeftToday: number,
  now: number,
): ConnectionHealth {
  const obtainedAt = facts.tokensObtainedAt;
  const endsAt = obtainedAt === null ? now : Date.parse(obtainedAt) + REFRESH_TOKEN_MILLISECONDS;
  const reason =
    facts.reconnect?.reason ?? (obtainedAt !== null && endsAt <= now ? 'not-used-for-180-days' : null);
  const state = stateOf(connection, facts, reason);
  return {
    state,
    reason: state === 'Reconnect needed' ? reason : null,
    consent: consentStateOf(connection),
    organization: connection.account?.organization ?? null,
    tokens:
      obtainedAt === null
        ? null
        : {
            kind: facts.refreshTokens,
            obtainedAt,
            ageSeconds: Math.max(0, Math.floor((now - Date.parse(obtainedAt)) / 1000)),
            endsAt: new Date(endsAt).toISOString(),
            accessTokenEndsAt: facts.accessTokenEndsAt,
          },
    lastSuccessAt: facts.lastSuccessAt,
    unreachableSince: facts.unreachableSince,
    requestsLeftToday,
  };
}

function stateOf(
  { consent }: Pick<Connection, 'consent'>,
  facts: HealthFacts,
  reason: string | null,
): ConnectionState {
  if (!consent) return 'Consent needed';
  if (facts.tokensObtainedAt === null) return 'Sign-in needed';
  if (reason !== null) return 'Reconnect needed';
  return facts.unreachableSince === null ? 'Connected' : 'Unreachable';
}
