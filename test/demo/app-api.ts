// The app's HTTP API as the demo calls it: plain requests, and the shapes as its users see them.
import { setTimeout as delay } from 'node:timers/promises';

export type RunCounts = {
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly refused: number;
  readonly unconfirmed: number;
  readonly notSent: number;
};

export interface Run {
  readonly id: string;
  readonly status: string;
  readonly reason: { readonly code: string; readonly sentence: string } | null;
  readonly warnings: readonly string[];
  /** In UTC; null until it is over. */
  readonly endedAt: string | null;
  readonly progress: {
    readonly phase: string;
    readonly batches: { readonly total: number; readonly sent: number; readonly done: number };
  } | null;
  readonly counts: RunCounts | null;
  readonly rejectedByReason: Readonly<Record<string, number>> | null;
}

const pollMs = 300;

/** The statuses of a run that is on. */
const onItsWay: ReadonlySet<string> = new Set(['Queued', 'Processing', 'Failed (retrying)']);

export const isOver = ({ status }: Pick<Run, 'status'>): boolean => !onItsWay.has(status);

export function makeAppApi(url: string, signal: AbortSignal) {
  const call = async (path: string, init?: RequestInit) => {
    const response = await fetch(new URL(path, url), { ...init, signal });
    if (!response.ok) {
      throw new Error(
        `${init?.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`,
      );
    }
    return response;
  };

  return {
    /** @returns the path at which the run can be looked at. */
    async startRun(exportId: string): Promise<string> {
      const response = await call(`/api/exports/${exportId}/runs`, { method: 'POST' });
      const location = response.headers.get('location');
      if (response.status !== 202 || location === null) {
        throw new Error(`a start must be answered with 202 and a Location, not with ${response.status}`);
      }
      return location;
    },

    /** Looks at the run until it is over. `deadline` in milliseconds from now. */
    async untilOver(path: string, deadline: number, onLook: (run: Run) => void): Promise<Run> {
      const end = performance.now() + deadline;
      for (;;) {
        const run = (await (await call(path)).json()) as Run;
        onLook(run);
        if (isOver(run)) return run;
        if (performance.now() > end)
          throw new Error(
            `the run is not over after ${Math.round(deadline / 1000)} s: ${JSON.stringify(run)}`,
          );
        await delay(pollMs, undefined, { signal });
      }
    },

    /** The rejects file as text. */
    rejects: async (path: string): Promise<string> => (await call(`${path}/rejects`)).text(),
  };
}
