// Runs activities: takes them from the queue, at most so many at a time, and leaves their results for their orchestrations.
import type { Faults } from '../faults';
import type { Log } from '../log-lines';
import { activityFailure, type WorkerError } from './failure';
import { taskCompleted, taskFailed, type HistoryEvent } from './history';
import type { Claim, WorkItem, WorkQueue } from './work-queue';

/** An activity that failed, with the worker's words, or those about the worker. */
export class ActivityFailed extends Error {
  readonly code = 'activity-failed';
  constructor(readonly error: WorkerError) {
    super(error.message);
  }
}

export interface ActivitiesDeps {
  readonly queue: WorkQueue;
  readonly log: Log;
  readonly faults: Faults;
  readonly atMost: number;
  /** How often a claim is renewed. Milliseconds. */
  readonly renewMs: number;
  timestamp(): string;
  /** Calls the function; its result as JSON text. @throws {ActivityFailed} */
  call(item: WorkItem): Promise<string>;
  /** Stores a result and wakes the orchestration. */
  tell(item: WorkItem, event: HistoryEvent): Promise<void>;
  killWorker(): void;
  /** kill -9 of this host. */
  crash(): void;
}

export interface Activities {
  /**
   * Puts them into the queue, as many as there is room for claimed by this host.
   * @returns how to begin with those, once it is noted that they are sent
   */
  schedule(items: readonly WorkItem[]): Promise<() => void>;
  start(): void;
  /** Takes no more, and waits for what runs; what is not done after `drainMs` is left for another host. */
  stop(drainMs: number): Promise<void>;
}

const pollEveryMs = 300;

export function makeActivities(deps: ActivitiesDeps): Activities {
  const { queue, log, faults } = deps;
  const running = new Map<Claim, Promise<void>>();
  let starting = 0;
  /** Changes while others wait. */
  let stopped = false;
  const isStopped = () => stopped;
  /** Set when what runs is left to another host: what comes of it here counts no more. */
  let abandoned = false;
  let poll: NodeJS.Timeout | undefined;
  let polling: Promise<void> | undefined;
  /** Whether items were put aside for want of room. */
  let waiting = false;

  const room = () => deps.atMost - running.size - starting;

  const outcome = async (item: WorkItem): Promise<HistoryEvent> => {
    try {
      return taskCompleted(item.taskId, await deps.call(item), deps.timestamp());
    } catch (error) {
      if (!(error instanceof ActivityFailed)) throw error;
      return taskFailed(item.taskId, activityFailure(item.name, error.error), deps.timestamp());
    }
  };

  const execute = async (claim: Claim): Promise<void> => {
    const { item } = claim;
    const wrong = faults.next(item.name);
    const has = (what: string) => wrong.some((fault) => fault.do === what);
    if (has('crash-host-before')) {
      deps.crash();
      return;
    }
    const calls = [outcome(item)];
    if (has('deliver-twice')) calls.push(outcome(item));
    const killing = wrong.find((fault) => fault.do === 'kill-worker');
    if (killing) setTimeout(deps.killWorker, killing.afterMs ?? 0);
    const events = await Promise.all(calls);
    if (abandoned) return;
    if (has('crash-host-after')) {
      deps.crash();
      return;
    }
    if (has('lose-result')) return;
    for (const event of events) await deps.tell(item, event);
    await claim.done();
  };

  const run = (claim: Claim) => {
    const renewal = setInterval(() => {
      claim.renew().catch((error: unknown) => log('warning', `could not renew a claim: ${String(error)}`));
    }, deps.renewMs);
    const done = execute(claim)
      .catch((error: unknown) =>
        log('warning', `activity ${claim.item.name} will be delivered again: ${String(error)}`),
      )
      .finally(() => {
        clearInterval(renewal);
        running.delete(claim);
        if (waiting) void look();
      });
    running.set(claim, done);
  };

  const claimSome = async () => {
    for (;;) {
      const wanted = room();
      if (wanted <= 0 || isStopped()) return;
      starting += wanted;
      const claims = await queue.claim(wanted).finally(() => {
        starting -= wanted;
      });
      if (isStopped()) {
        await Promise.all(claims.map((claim) => claim.release()));
        return;
      }
      claims.forEach(run);
      if (claims.length < Math.min(wanted, 32)) {
        waiting = false;
        return;
      }
    }
  };

  const look = (): Promise<void> =>
    (polling ??= claimSome()
      .catch((error: unknown) => log('warning', `could not look for activities: ${String(error)}`))
      .finally(() => {
        polling = undefined;
      }));

  const lookOnAndOn = async () => {
    await look();
    if (!isStopped()) poll = setTimeout(() => void lookOnAndOn(), pollEveryMs);
  };

  return {
    async schedule(items) {
      const here = isStopped() ? 0 : Math.max(0, Math.min(items.length, room()));
      starting += here;
      const own = items.slice(0, here).map((item) => queue.claimNew(item));
      const rest = items.slice(here).map((item) => queue.put(item));
      try {
        const [claims] = await Promise.all([Promise.all(own), Promise.all(rest)]);
        if (rest.length > 0) waiting = true;
        return () => {
          starting -= here;
          claims.forEach(run);
          if (rest.length > 0 && room() > 0) void look();
        };
      } catch (error) {
        starting -= here;
        throw error;
      }
    },
    start: () => void lookOnAndOn(),
    async stop(drainMs) {
      stopped = true;
      clearTimeout(poll);
      await polling;
      let late: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => (late = setTimeout(resolve, drainMs)));
      await Promise.race([Promise.all([...running.values()]), patience]);
      clearTimeout(late);
      abandoned = true;
      await Promise.all([...running.keys()].map((claim) => claim.release()));
    },
  };
}
