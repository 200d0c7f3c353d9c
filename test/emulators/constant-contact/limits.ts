// The gateway's limits, measured as requests arrive, and a record of every request that broke one.
import type { Limits } from './options';

export type LimitKind = 'per-second' | 'per-day' | 'queue' | 'token-per-second';

export interface Violation {
  readonly kind: LimitKind;
  readonly clientId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly request: string;
}

interface Usage {
  /** Arrivals of the last second, those over the limit included. */
  arrivals: number[];
  /** Those of them that were let through: only they use up the limit. */
  admitted: number[];
  day: number;
  today: number;
  most: number;
}

const second = 1_000;
const day = 86_400_000;

export function makeGate(limits: Limits) {
  const api = new Map<string, Usage>();
  const token = new Map<string, Usage>();
  const violations: Violation[] = [];

  function usageOf(map: Map<string, Usage>, clientId: string, at: number): Usage {
    let usage = map.get(clientId);
    if (!usage) map.set(clientId, (usage = { arrivals: [], admitted: [], day: 0, today: 0, most: 0 }));
    // A second is half open: of two requests 1,000 ms apart, each has a second of its own.
    const inWindow = (time: number) => time > at - second && time <= at;
    usage.arrivals = [...usage.arrivals.filter(inWindow), at];
    usage.admitted = usage.admitted.filter(inWindow);
    usage.most = Math.max(usage.most, usage.arrivals.length);
    const today = Math.floor(at / day);
    if (usage.day !== today) {
      usage.day = today;
      usage.today = 0;
    }
    return usage;
  }

  function violate(kind: LimitKind, clientId: string, at: number, request: string): void {
    violations.push({ kind, clientId, at, request });
  }

  return {
    violations: violations as readonly Violation[],
    violate,

    /** Counts an API request that arrives, and says which limit it broke. */
    admit(clientId: string, at: number, request: string): 'throttled' | 'quota_exceeded' | undefined {
      const usage = usageOf(api, clientId, at);
      if (usage.admitted.length >= limits.perSecond) {
        violate('per-second', clientId, at, request);
        return 'throttled';
      }
      if (usage.today >= limits.perDay) {
        violate('per-day', clientId, at, request);
        return 'quota_exceeded';
      }
      usage.admitted.push(at);
      usage.today += 1;
      return undefined;
    },

    /** The same for the token endpoint, which has a limit of its own. */
    admitToken(clientId: string, at: number, request: string): boolean {
      const usage = usageOf(token, clientId, at);
      if (usage.admitted.length >= limits.tokenPerSecond) {
        violate('token-per-second', clientId, at, request);
        return false;
      }
      usage.admitted.push(at);
      return true;
    },

    /** Requests of the present UTC day and the most in any one second, by client id. */
    usage: () =>
      [...api].map(([clientId, { today, most }]) => ({
        clientId,
        requestsToday: today,
        mostInOneSecond: most,
      })),
  };
}

export type Gate = ReturnType<typeof makeGate>;
