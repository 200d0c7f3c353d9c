// Answers that wait for each other: what follows them in the app then happens at the same moment.
import { makeSignal, type Signal } from '../../support/signal';
import type { FaultAction } from './faults';

type Gather = Extract<FaultAction, { kind: 'gather' }>;

export function makeGatherings() {
  const waiting = new Map<Gather, { readonly complete: Signal; count: number }>();
  return {
    /** Resolves when the last one joins. Those who come later wait for a round of their own. */
    join(fault: Gather): Promise<void> {
      const round = waiting.get(fault) ?? { complete: makeSignal(), count: 0 };
      waiting.set(fault, round);
      round.count += 1;
      if (round.count === fault.requests) {
        waiting.delete(fault);
        round.complete.give();
      }
      return round.complete.promise;
    },
  };
}
