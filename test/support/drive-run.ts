// Plays the Functions host for one run in this process: performs what the orchestrator yields, repeats activities that fail by their
// retry policy, and gives the results back. Time passes at once.
import type { OrchestrationContext, RetryOptions, Task } from 'durable-functions';
import type { Deps } from '../../functions/composition';
import { exportRun } from '../../functions/orchestrators/export-run';
import { makeSignal } from './signal';

/** What is about to happen: an activity, as often as it is executed, or a wait. */
export interface Step {
  readonly name: 'openRun' | 'prepareBatches' | 'importBatch' | 'awaitImports' | 'closeRun' | 'wait';
  readonly input: Readonly<Record<string, unknown>>;
  /** From 1: how many of this name there have been in this run, this one included. */
  readonly nth: number;
}

export interface Driving {
  readonly deps: Deps;
  readonly clock: { now(): number };
  passTimeTo(moment: number): void;
  /** Called before each step. */
  before?(step: Step): Promise<void> | void;
  /** Stands in the place of each execution of an activity: does it, as often as it likes, or fails. */
  around?(step: Step, execute: () => Promise<unknown>): Promise<unknown>;
  /** Every activity is executed twice at the same time; the first result counts. */
  readonly deliverTwice?: boolean;
}

/** A task of this driver: what to do when it is yielded. */
interface Doable extends Task {
  readonly perform: () => Promise<unknown>;
  cancel?(): void;
}

export interface DrivenRun {
  readonly ended: Promise<void>;
  /** Every custom status that the orchestration showed. */
  readonly statuses: readonly unknown[];
  /** The event that cuts short what the orchestration waits for. */
  wake(): void;
}

const json = (value: unknown) => JSON.parse(JSON.stringify(value ?? null)) as unknown;

export function driveRun(driving: Driving, runId: string): DrivenRun {
  const { deps, clock } = driving;
  const statuses: unknown[] = [];
  const counts: Partial<Record<Step['name'], number>> = {};
  const waking = makeSignal();
  let woken = false;

  const stepOf = (name: Step['name'], input: object): Step => {
    const nth = (counts[name] ?? 0) + 1;
    counts[name] = nth;
    return { name, input: input as Step['input'], nth };
  };
  const activities: Readonly<Record<string, (input: never) => Promise<unknown>>> = {
    openRun: deps.openRun,
    prepareBatches: deps.prepareBatches,
    importBatch: deps.importBatch,
    awaitImports: deps.awaitImports,
    closeRun: deps.closeRun,
  };

  const execute = async (name: string, input: object): Promise<unknown> => {
    const step = stepOf(name as Step['name'], input);
    await driving.before?.(step);
    const work = async () => json(await activities[name]?.(json(input) as never));
    return driving.around ? driving.around(step, work) : work();
  };

  const deliver = async (name: string, input: object): Promise<unknown> => {
    const copies = Array.from({ length: driving.deliverTwice ? 2 : 1 }, () => execute(name, input));
    const [first] = await Promise.allSettled(copies);
    if (first?.status === 'fulfilled') return first.value;
    throw first?.reason;
  };

  async function withRetries(name: string, policy: RetryOptions, input: object): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await deliver(name, input);
      } catch (error) {
        // An orchestrator sees a text; what it makes of the error's class would be wrong elsewhere.
        if (attempt >= policy.maxNumberOfAttempts) throw new Error(`${name} failed`, { cause: error });
        const pause = policy.firstRetryIntervalInMilliseconds * policy.backoffCoefficient ** (attempt - 1);
        driving.passTimeTo(clock.now() + Math.min(pause, policy.maxRetryIntervalInMilliseconds));
      }
    }
  }

  const doable = (perform: () => Promise<unknown>): Doable => ({
    isCompleted: false,
    isFaulted: false,
    perform,
  });
  const event: Doable = {
    get isCompleted() {
      return woken;
    },
    isFaulted: false,
    perform: () => waking.promise,
  };
  const df = {
    getInput: () => deps.orchestrationInput(runId),
    get currentUtcDateTime() {
      return new Date(clock.now());
    },
    setCustomStatus: (status: unknown) => void statuses.push(json(status)),
    callActivityWithRetry: (name: string, policy: RetryOptions, input: object) =>
      doable(() => withRetries(name, policy, input)),
    createTimer: (at: Date): Doable => ({
      ...doable(async () => {
        await driving.before?.(stepOf('wait', { until: at.getTime(), status: statuses.at(-1) }));
        // Who is woken up before the time does not wait for it.
        if (woken) await new Promise(() => undefined);
        driving.passTimeTo(at.getTime());
      }),
      cancel: () => undefined,
    }),
    waitForExternalEvent: () => event,
    Task: {
      all: (tasks: Doable[]) => doable(() => Promise.all(tasks.map(({ perform }) => perform()))),
      any: (tasks: Doable[]) =>
        doable(() => Promise.race(tasks.map((task) => task.perform().then(() => task)))),
    },
  };

  async function drive(): Promise<void> {
    const steps = exportRun({ df } as unknown as OrchestrationContext);
    let step = steps.next();
    while (!step.done) {
      let settled: () => typeof step;
      try {
        const value = await (step.value as Doable).perform();
        settled = () => steps.next(value);
      } catch (error) {
        settled = () => steps.throw(error);
      }
      step = settled();
    }
  }

  return {
    ended: drive(),
    statuses,
    wake() {
      woken = true;
      waking.give();
    },
  };
}
