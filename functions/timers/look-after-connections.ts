// The timer: finishes removals of connections that had to wait, keeps tokens alive that nobody has used for long, and
// tells operators how each connection is doing.
import type { TimerHandler } from '@azure/functions';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import { within } from '../invocation';

export const lookAfterConnections =
  (deps: Deps): TimerHandler =>
  (_timer, context) =>
    within(context, async () => {
      await deps.ready();
      const removing = deps.removeConnection((runId) => orchestrations(context).wake(runId));
      for (const { connection, revokeByHand } of await removing.finishRemovals()) {
        await deps.audit.record(connection.removing?.by ?? connection.updatedBy, null, {
          action: 'connection.remove',
          subject: { kind: 'connection', id: connection.id, name: connection.name },
          facts: { outcome: 'removed', ...(revokeByHand === null ? {} : { revokeByHand }) },
        });
      }
      await deps.keepAlive();
      await deps.reportHealth();
    });
