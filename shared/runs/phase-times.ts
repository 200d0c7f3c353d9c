// How long a run has been in each of its phases. Pure: the time is handed in.
import type { PhaseTime } from './run';

type Phase = PhaseTime['phase'];

export interface PhaseTimes {
  /** Whatever has passed since the last call, or the beginning, belongs to this phase. */
  passedIn(phase: Phase): void;
  /** In the order in which the run first was in them. */
  list(): PhaseTime[];
}

/** @param now milliseconds since 1970. */
export function makePhaseTimes(now: () => number): PhaseTimes {
  const spent = new Map<Phase, { readonly startedAt: number; milliseconds: number }>();
  let since = now();
  return {
    passedIn(phase) {
      const known = spent.get(phase) ?? { startedAt: since, milliseconds: 0 };
      spent.set(phase, known);
      // The clocks of two hosts differ.
      known.milliseconds += Math.max(0, now() - since);
      since = now();
    },

    list: () =>
      [...spent].map(([phase, { startedAt, milliseconds }]) => ({
        phase,
        startedAt: new Date(startedAt).toISOString(),
        seconds: Math.round(milliseconds / 1000),
      })),
  };
}
