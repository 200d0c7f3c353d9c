// Renews the tokens of connections that nobody has used for long: unused ones die after 180 days, and somebody would have to sign in.
import type { Tokens } from '../constant-contact/tokens';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { ConnectionStore } from './connection-store';
import type { HealthFactsStore } from './health-facts';

/** One pass over all connections. It never throws because of a single one; the next pass tries that one again. */
export type KeepAlive = () => Promise<void>;

export interface KeepAliveDeps {
  readonly connections: Pick<ConnectionStore, 'list'>;
  readonly facts: Pick<HealthFactsStore, 'get'>;
  readonly tokens: Pick<Tokens, 'accessToken'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long tokens may go unused, in milliseconds. */
  readonly idle: number;
}

export function makeKeepAlive({ connections, facts, tokens, clock, log, idle }: KeepAliveDeps): KeepAlive {
  return async () => {
    for await (const { id, removing } of connections.list()) {
      if (removing) continue;
      const obtainedAfter = clock.now() - idle;
      try {
        const { tokensObtainedAt, reconnect } = await facts.get(id);
        if (tokensObtainedAt === null || reconnect || Date.parse(tokensObtainedAt) >= obtainedAfter) continue;
        await tokens.accessToken(id, { obtainedAfter });
        log.info('connection.kept-alive', { connection: id });
      } catch (error) {
        log.warn('connection.not-kept-alive', { connection: id, code: codeOf(error) });
      }
    }
  };
}
