// Steps an orchestrator with canned results, as the Durable extension would: what it schedules is recorded, time is simulated, and
// what the real host punishes (a task started twice, a forgotten timer, a custom status that is too long) is an error here.
import {
  RetryOptions,
  type DurableOrchestrationContext,
  type OrchestrationContext,
  type Task,
} from 'durable-functions';
import {
  Activity,
  Compound,
  ExternalEvent,
  Timer,
  type Action,
  type FakeTask,
  type TimerAction,
} from './orchestrator-tasks';

/** What an activity answers; an `Error` is thrown, as by an activity that failed for good. */
export type Answer = object | null | Error;

export interface Asked<I = unknown> {
  readonly input: I;
  /** How often this activity has been asked, from 1. */
  readonly call: number;
  /** Sends the orchestration an event while the activity runs. */
  raise(event: string): void;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** One answer after the other, or a function that knows them all. */
export type Answers = readonly Answer[] | ((asked: Asked) => Answer);

export interface Script {
  readonly input: unknown;
  /** By the name of the activity. */
  readonly answers: Readonly<Record<string, Answers>>;
  /** Called for each wait for a timer, numbered from 1; returns the event that comes before it fires, if one does. */
  readonly wait?: (timer: TimerAction, number: number) => string | undefined;
  /** How long an activity takes, in milliseconds. */
  readonly activityTime?: number;
}

export interface Stepped {
  readonly actions: readonly Action[];
  /** Every custom status, in order, as it would be stored. */
  readonly statuses: readonly unknown[];
  readonly result: unknown;
  /** What the orchestrator threw, if it did. */
  readonly error: unknown;
}

/** When the orchestration begins. */
export const startTime = Date.parse('2026-03-01T12:00:00Z');

/** The most that the host takes for a custom status: 16 KB of UTF-16. */
const longestStatus = 16 * 1024;

/** Runs the orchestrator to its end. @throws when it breaks a rule of the host, or asks for an answer that the script lacks. */
export function stepOrchestrator(
  orchestrator: (context: OrchestrationContext) => Generator<Task, unknown, unknown>,
  script: Script,
): Stepped {
  const { activityTime = 1_000 } = script;
  const actions: Action[] = [];
  const statuses: unknown[] = [];
  const timers: Timer[] = [];
  const awaited: ExternalEvent[] = [];
  /** Events that nobody waits for yet. */
  const kept: string[] = [];
  const calls = new Map<string, number>();
  /** Rules of the host that were broken; kept, as the orchestrator may catch what is thrown. */
  const broken: string[] = [];
  let now = startTime;
  let waits = 0;

  function refuse(rule: string): never {
    broken.push(rule);
    throw new Error(rule);
  }

  function complete(task: FakeTask, result: unknown): void {
    task.isFaulted = result instanceof Error;
    task.isCompleted = !task.isFaulted;
    task.result = result;
  }

  function raise(event: string): void {
    const waiting = awaited.find(({ name, isCompleted }) => name === event && !isCompleted);
    if (waiting) complete(waiting, null);
    else kept.push(event);
  }

  /** What `yield` does to a task before it waits. */
  function schedule(task: FakeTask): void {
    if (task instanceof ExternalEvent) {
      if (!awaited.includes(task)) awaited.push(task);
      const index = kept.indexOf(task.name);
      if (!task.isCompleted && index >= 0) {
        kept.splice(index, 1);
        complete(task, null);
      }
      return;
    }
    if (task instanceof Compound) {
      if (task.scheduled) return;
      task.scheduled = true;
      task.children.forEach(schedule);
      return;
    }
    if (!(task instanceof Activity || task instanceof Timer)) throw new Error('only tasks can be yielded');
    if (task.scheduled) return;
    task.scheduled = true;
    actions.push(task.action);
    if (task instanceof Timer) timers.push(task);
  }

  function answer(task: Activity): void {
    const { name, input } = task.action;
    const call = (calls.get(name) ?? 0) + 1;
    calls.set(name, call);
    const answers = script.answers[name];
    const given = typeof answers === 'function' ? answers({ input, call, raise, now }) : answers?.[call - 1];
    if (given === undefined) throw new Error(`the script has no answer for call ${call} of ${name}`);
    complete(task, given);
  }

  function fire(timer: Timer): void {
    timer.action.fired = true;
    now = Math.max(now, timer.action.until);
    complete(timer, undefined);
  }

  const children = (task: FakeTask) => (task instanceof Compound ? task.children : [task]);

  /** Lets the world go on until the task has ended. */
  function settle(task: FakeTask): FakeTask {
    schedule(task);
    if (ended(task)) return task;
    const running = children(task)
      .filter((child) => child instanceof Activity)
      .filter(({ isCompleted }) => !isCompleted);
    if (running.length > 0) now += activityTime;
    running.forEach(answer);
    if (!ended(task)) {
      const timer = children(task).find((child) => child instanceof Timer);
      if (!timer) throw new Error('the orchestrator waits for an event that never comes');
      const event = script.wait?.(timer.action, (waits += 1));
      if (event === undefined) fire(timer);
      else {
        now = Math.floor((now + timer.action.until) / 2);
        raise(event);
      }
    }
    if (!ended(task)) throw new Error('the orchestrator waits for something that the script does not bring');
    return task;
  }

  function ended(task: FakeTask): boolean {
    if (!(task instanceof Compound)) return task.isCompleted || task.isFaulted;
    const failed = task.children.find(({ isFaulted }) => isFaulted);
    if (task.kind === 'any') {
      const first = task.children.find((child) => child.isCompleted || child.isFaulted);
      if (first) complete(task, first);
    } else if (failed) complete(task, failed.result);
    else if (task.children.every(({ isCompleted }) => isCompleted)) {
      complete(
        task,
        task.children.map(({ result }) => result),
      );
    }
    return task.isCompleted || task.isFaulted;
  }

  const compound = (kind: 'all' | 'any') => (tasks: Task[]) => {
    if (tasks.length === 0) refuse(`Task.${kind} needs at least one task`);
    const members = tasks as FakeTask[];
    for (const member of members) {
      if (member instanceof ExternalEvent) continue;
      const { scheduled } = member as Activity | Timer | Compound;
      // The library lists it among the actions of each compound task, and the host starts what is listed.
      if (scheduled)
        refuse('a task that is under way stands in another compound task: it would be started again');
    }
    return new Compound(kind, members);
  };

  const df: Pick<
    DurableOrchestrationContext,
    | 'Task'
    | 'callActivityWithRetry'
    | 'createTimer'
    | 'currentUtcDateTime'
    | 'getInput'
    | 'setCustomStatus'
    | 'waitForExternalEvent'
  > = {
    Task: { all: compound('all'), any: compound('any') },
    get currentUtcDateTime() {
      return new Date(now);
    },
    getInput: structuredClone.bind(undefined, script.input) as DurableOrchestrationContext['getInput'],
    callActivityWithRetry(name, retry, input) {
      if (!(retry instanceof RetryOptions)) refuse(`${name} has no retry policy`);
      return new Activity({
        kind: 'activity',
        name,
        retry,
        input: JSON.parse(JSON.stringify(input)) as unknown,
      });
    },
    createTimer: (fireAt) =>
      new Timer({ kind: 'timer', from: now, until: fireAt.getTime(), canceled: false, fired: false }),
    waitForExternalEvent: (name) => new ExternalEvent(name),
    setCustomStatus(status) {
      const text = JSON.stringify(status);
      if (text.length * 2 > longestStatus) refuse('the custom status is over 16 KB');
      statuses.push(JSON.parse(text));
    },
  };

  const generator = orchestrator({ df } as unknown as OrchestrationContext);
  let result: unknown;
  let error: unknown;
  const resume = (go: () => IteratorResult<Task, unknown>): FakeTask | undefined => {
    try {
      const step = go();
      if (!step.done) return step.value as FakeTask;
      result = step.value;
    } catch (thrown) {
      error = thrown;
    }
    return undefined;
  };
  for (let task = resume(() => generator.next()); task !== undefined;) {
    const { isFaulted, result: value } = settle(task);
    task = resume(() => (isFaulted ? generator.throw(value) : generator.next(value)));
  }
  if (timers.some(({ isCompleted, isCanceled }) => !isCompleted && !isCanceled)) {
    broken.push(
      'a timer that lost its race was not cancelled: the instance would stay Running until it fires',
    );
  }
  if (broken.length > 0) throw new Error(broken.join('; '));
  return { actions, statuses, result, error };
}
