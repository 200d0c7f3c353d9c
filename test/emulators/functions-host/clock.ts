// The host's clock: real time plus an offset that tests move. Whoever waits for a time hears when it has moved.

export interface HostClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** ISO 8601, UTC. */
  timestamp(): string;
  readonly offsetMs: number;
  move(offsetMs: number): void;
  onMove(listener: () => void): void;
  /** Calls once `dueMs` has come by this clock. Returns how to give up waiting. */
  at(dueMs: number, call: () => void): () => void;
}

/** The longest wait that setTimeout takes. */
const longestWaitMs = 2 ** 31 - 1;

export function makeHostClock(): HostClock {
  let offsetMs = 0;
  const listeners: (() => void)[] = [];
  const rearm = new Set<() => void>();
  const now = () => Date.now() + offsetMs;
  return {
    now,
    timestamp: () => new Date(now()).toISOString(),
    get offsetMs() {
      return offsetMs;
    },
    move(value) {
      offsetMs = value;
      for (const listener of listeners) listener();
      for (const arm of [...rearm]) arm();
    },
    onMove: (listener) => void listeners.push(listener),
    at(dueMs, call) {
      let timer: NodeJS.Timeout | undefined;
      const arm = () => {
        clearTimeout(timer);
        const leftMs = dueMs - now();
        if (leftMs > 0) timer = setTimeout(arm, Math.min(leftMs, longestWaitMs));
        else {
          rearm.delete(arm);
          call();
        }
      };
      rearm.add(arm);
      // Never from inside the caller: what is due already comes in the next turn of the loop.
      timer = setTimeout(arm, Math.max(0, Math.min(dueMs - now(), longestWaitMs)));
      return () => {
        clearTimeout(timer);
        rearm.delete(arm);
      };
    },
  };
}
