// The timer: removes runs that ended long ago, some at a time.
import type { TimerHandler } from '@azure/functions';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import { within } from '../invocation';

export const retention =
  (deps: Deps): TimerHandler =>
  (_timer, context) =>
    within(context, async () => {
      await deps.ready();
      const host = orchestrations(context);
      await deps.removeOldRuns((runId) => host.forget(runId));
    });
