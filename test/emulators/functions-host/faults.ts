// Faults on request, for tests: by the name of an activity and the number of its execution on this host.

export interface Fault {
  readonly activity: string;
  /** From 1, counted since the host started. */
  readonly execution: number;
  /**
   * `deliver-twice`: two executions at the same time. `crash-host-before`, `crash-host-after`: the host kills itself before the
   * function is called, or after it returned and before its result is stored. `lose-result`: the result is thrown away, the
   * activity comes back when its message does. `kill-worker`: the worker is killed while the function runs.
   */
  readonly do: 'deliver-twice' | 'crash-host-before' | 'crash-host-after' | 'lose-result' | 'kill-worker';
  /** For `kill-worker`: how long after the call. Milliseconds, 0 by default. */
  readonly afterMs?: number;
}

export interface Faults {
  add(faults: readonly Fault[]): void;
  clear(): void;
  /** Counts an execution. Returns what is to go wrong with it. */
  next(activity: string): readonly Fault[];
  /** Executions so far, by activity. */
  counts(): Readonly<Record<string, number>>;
}

export function makeFaults(): Faults {
  let planned: Fault[] = [];
  const counts: Record<string, number> = {};
  return {
    add: (faults) => void planned.push(...faults),
    clear() {
      planned = [];
    },
    next(activity) {
      const execution = (counts[activity] ?? 0) + 1;
      counts[activity] = execution;
      return planned.filter((fault) => fault.activity === activity && fault.execution === execution);
    },
    counts: () => ({ ...counts }),
  };
}
