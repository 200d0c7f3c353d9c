// When each prepareBatches began and ended, by the host's log: how long one takes, and whether several were under way at once.

/** Not so many were under way at any moment, so what they take together was not seen. Give the machine less to do, and run it again. */
export class NotAtOnce extends Error {
  readonly code = 'not-at-once';
  constructor(
    readonly wanted: number,
    readonly most: number,
  ) {
    super(
      `${wanted} exports were to be in prepareBatches at the same moment, and ${most} were at most: ` +
        'what they take together was not seen',
    );
  }
}

export interface Preparations {
  /** Takes note of a line of the host's log, if it is about one. */
  hear(line: string): void;
  /** Of the longest one that has ended; `undefined` when none has. */
  longestSeconds(): number | undefined;
  /** How long so many were under way. @throws {NotAtOnce} */
  secondsAtOnce(count: number): number;
}

const told = /^(\S+) \S+ prepareBatches\(([^)]+)\): (?:(executing)$|executed in |failed after )/;

export function makePreparations(): Preparations {
  const begun = new Map<string, number>();
  const spans: { readonly from: number; readonly to: number }[] = [];
  return {
    hear(line) {
      const [, time, invocation, begins] = told.exec(line) ?? [];
      if (time === undefined || invocation === undefined) return;
      const at = Date.parse(time);
      if (begins !== undefined) begun.set(invocation, at);
      else spans.push({ from: begun.get(invocation) ?? at, to: at });
    },

    longestSeconds() {
      return spans.length === 0 ? undefined : Math.max(...spans.map(({ from, to }) => to - from)) / 1000;
    },

    secondsAtOnce(count) {
      const steps = spans
        .flatMap(({ from, to }) => [
          { at: from, change: 1 },
          { at: to, change: -1 },
        ])
        // Of two that touch, the one is over before the other begins.
        .sort((one, other) => one.at - other.at || one.change - other.change);
      let underWay = 0;
      let most = 0;
      let milliseconds = 0;
      for (const [index, { at, change }] of steps.entries()) {
        underWay += change;
        most = Math.max(most, underWay);
        if (underWay >= count) milliseconds += (steps[index + 1]?.at ?? at) - at;
      }
      if (milliseconds === 0) throw new NotAtOnce(count, most);
      return milliseconds / 1000;
    },
  };
}
