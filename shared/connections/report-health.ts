// Tells operators how each connection is doing, as figures in the log: whoever watches them sees a sign-in end before it does.
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { ConnectionStore } from './connection-store';
import type { Health } from './health';

/** Days count here, so more often would only cost storage. */
const PAUSE_MILLISECONDS = 3_600_000;

/** For the timer, at every tick: it looks once an hour, and never throws because of a single connection. */
export type ReportHealth = () => Promise<void>;

export function makeReportHealth(deps: {
  readonly connections: Pick<ConnectionStore, 'list'>;
  readonly health: Health;
  readonly clock: Clock;
  readonly log: Log;
}): ReportHealth {
  const { connections, health, clock, log } = deps;
  let reportedAt = -Infinity;

  return async () => {
    const now = clock.now();
    if (now - reportedAt < PAUSE_MILLISECONDS) return;
    reportedAt = now;
    for await (const connection of connections.list()) {
      try {
        const { state, reason, tokens } = await health.of(connection);
        log.info('connection.checked', {
          connection: connection.id,
          outcome: state,
          reason: reason ?? undefined,
          tokenAgeSeconds: tokens?.ageSeconds,
          tokenLeftSeconds: tokens ? Math.round((Date.parse(tokens.endsAt) - now) / 1000) : undefined,
        });
      } catch (error) {
        log.warn('connection.not-checked', { connection: connection.id, code: codeOf(error) });
      }
    }
  };
}
