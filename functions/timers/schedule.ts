// The timer: starts every export that is due, and repairs what a crash left behind.
import type { TimerHandler } from '@azure/functions';
import type { Deps } from '../composition';
import { orchestrations } from '../durable';
import { within } from '../invocation';

export const schedule =
  (deps: Deps): TimerHandler =>
  (_timer, context) =>
    within(context, async () => {
      await deps.ready();
      const host = orchestrations(context);
      await deps.tick({
        look: (runId) => host.look(runId),
        start: (runId) => host.start(deps.orchestrationInput(runId)),
      });
      await deps.leftovers.sweep();
    });
