// One turn of an orchestration, as pure rules: replays the actions over the history as the Durable extension does, event by
// event, says what is to be scheduled, and finds histories that do not fit.
import { ActionType, elsewhere, type Action, type Answer, type RetryOptions } from './answer';
import {
  EventType,
  subOrchestrationCreated,
  taskScheduled,
  timerCreated,
  type HistoryEvent,
} from './history';

const dayMs = 24 * 60 * 60 * 1000;
/** Longer timers are made of several: the numbers that the trigger's payload tells the worker. */
const longestTimerMs = 6 * dayMs;
const longTimerStepMs = 3 * dayMs;

export type Work =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly input: unknown }
  | {
      readonly kind: 'sub-orchestration';
      readonly id: number;
      readonly name: string;
      readonly instanceId: string;
      readonly input: unknown;
    };

export interface Decision {
  /** What this turn schedules: events for the history, and what they stand for (timers need no more than their event). */
  readonly scheduled: readonly HistoryEvent[];
  readonly work: readonly Work[];
  readonly nextId: number;
  /** The orchestration function is at its end, and so is everything that it scheduled. */
  readonly ended: boolean;
  readonly continueAsNew?: { readonly input: unknown };
  /** External events that nobody has waited for yet. */
  readonly unclaimed: readonly HistoryEvent[];
  /** What is wrong with the orchestration, apart from its own error. */
  readonly fault?: string;
}

class NonDeterministic extends Error {
  readonly code = 'non-deterministic';
}
class NotHere extends Error {
  readonly code = 'not-here';
}

export interface Functions {
  isActivity(name: string): boolean;
  isOrchestrator(name: string): boolean;
}

/**
 * @param events the whole history, with the news of this turn, without what this turn schedules
 * @param now the time that the new events get, ISO 8601
 */
export function decide(
  events: readonly HistoryEvent[],
  answer: Answer,
  now: string,
  functions: Functions,
): Decision {
  const program = makeProgram(answer, now, executionIdOf(events), functions);
  let fault: string | undefined;
  try {
    for (const event of events) program.see(event);
  } catch (error) {
    if (error instanceof NonDeterministic) fault = `Non-Deterministic workflow detected: ${error.message}`;
    else if (error instanceof NotHere) fault = `Orchestrator function '${nameOf(events)}' failed: ${error.message}`;
    else throw error;
  }
  const result = program.result();
  return fault === undefined ? result : { ...result, scheduled: [], work: [], ended: true, fault };
}

const startOf = (events: readonly HistoryEvent[]) =>
  events.find((one) => one.EventType === EventType.ExecutionStarted);
const nameOf = (events: readonly HistoryEvent[]) => String(startOf(events)?.['Name']);
const executionIdOf = (events: readonly HistoryEvent[]) =>
  (startOf(events)?.['OrchestrationInstance'] as { ExecutionId: string }).ExecutionId;

type Settled = 'ok' | 'failed';
type Then = (outcome: Settled) => void;
interface Planned {
  readonly event: HistoryEvent;
  readonly work?: Work;
}

function makeProgram(answer: Answer, now: string, executionId: string, functions: Functions) {
  let nextId = 0;
  let currentMs = 0;
  let finished = false;
  let continueAsNew: { input: unknown } | undefined;
  /** Said by the actions, not yet found in the history. */
  const planned = new Map<number, Planned>();
  /** Scheduled, without a result. */
  const open = new Map<number, Then>();
  const waiting = new Map<string, Then[]>();
  const unclaimed: HistoryEvent[] = [];

  const plan = (make: (id: number) => Planned, then: Then) => {
    const id = nextId++;
    planned.set(id, make(id));
    open.set(id, then);
    return id;
  };

  const callActivity = (action: Action, then: Then) => {
    const name = action.functionName ?? '';
    if (!functions.isActivity(name)) throw new NotHere(unknownFunction(name, 'an activity'));
    plan(
      (id) => ({
        event: taskScheduled(id, name, now),
        work: { kind: 'activity', id, name, input: action.input ?? null },
      }),
      then,
    );
  };

  const callSubOrchestrator = (action: Action, then: Then) => {
    const name = action.functionName ?? '';
    if (!functions.isOrchestrator(name)) throw new NotHere(unknownFunction(name, 'an orchestrator'));
    plan((id) => {
      const instanceId = action.instanceId ?? `${executionId}:${id}`;
      return {
        event: subOrchestrationCreated(id, name, instanceId, now),
        work: { kind: 'sub-orchestration', id, name, instanceId, input: action.input ?? null },
      };
    }, then);
  };

  const createTimer = (fireAtMs: number, canceled: boolean, then: Then) => {
    const long = fireAtMs - currentMs > longestTimerMs;
    const dueMs = long ? currentMs + longTimerStepMs : fireAtMs;
    const again = () => (dueMs < fireAtMs ? createTimer(fireAtMs, canceled, then) : then('ok'));
    const id = plan((own) => ({ event: timerCreated(own, new Date(dueMs).toISOString(), now) }), again);
    if (!canceled) return;
    // A cancelled timer is settled, and holds nothing up, although it still goes off.
    open.delete(id);
    then('failed');
  };

  const withRetry = (options: RetryOptions, call: (then: Then) => void, then: Then) => {
    const firstMs = currentMs;
    const attempt = (number: number) => {
      call((outcome) => {
        if (outcome === 'ok') return then('ok');
        if (currentMs - firstMs >= (options.retryTimeoutInMilliseconds ?? Infinity)) return then('failed');
        const delayMs = Math.min(
          options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** number,
          options.maxRetryIntervalInMilliseconds ?? Infinity,
        );
        // The wait comes after the last attempt too, before the failure is told: the library counts on it.
        createTimer(currentMs + delayMs, false, () =>
          number + 1 < options.maxNumberOfAttempts ? attempt(number + 1) : then('failed'),
        );
      });
    };
    attempt(0);
  };

  const waitForEvent = (name: string, then: Then) => {
    const kept = unclaimed.findIndex((event) => event['Name'] === name);
    if (kept >= 0) {
      unclaimed.splice(kept, 1);
      then('ok');
    } else waiting.set(name, [...(waiting.get(name) ?? []), then]);
  };

  const whenAll = (actions: readonly Action[], then: Then) => {
    let left = actions.length;
    let outcome: Settled = 'ok';
    for (const one of actions)
      run(one, (settled) => {
        if (settled === 'failed') outcome = 'failed';
        if (--left === 0) then(outcome);
      });
  };

  const whenAny = (actions: readonly Action[], then: Then) => {
    let told = false;
    let starting = true;
    const first = () => {
      if (starting || told) return;
      told = true;
      then('ok');
    };
    let settled = false;
    for (const one of actions)
      run(one, () => {
        settled = true;
        first();
      });
    // What follows is scheduled after all that the race is made of, even if one of it was settled from the start.
    starting = false;
    if (settled) first();
  };

  function run(action: Action, then: Then): void {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return callActivity(action, then);
      case ActionType.CallActivityWithRetry:
        return withRetry(action.retryOptions!, (done) => callActivity(action, done), then);
      case ActionType.CallSubOrchestrator:
        return callSubOrchestrator(action, then);
      case ActionType.CallSubOrchestratorWithRetry:
        return withRetry(action.retryOptions!, (done) => callSubOrchestrator(action, done), then);
      case ActionType.ContinueAsNew:
        continueAsNew = { input: action.input ?? null };
        return then('ok');
      case ActionType.CreateTimer:
        return createTimer(Date.parse(action.fireAt!), action.isCanceled === true, then);
      case ActionType.WaitForExternalEvent:
        return waitForEvent(action.externalEventName!, then);
      case ActionType.WhenAny:
        return whenAny(action.compoundActions ?? [], then);
      case ActionType.WhenAll:
        return whenAll(action.compoundActions ?? [], then);
      default: {
        const what = elsewhere[action.actionType] ?? 'what it asked for';
        throw new NotHere(`The local Functions host does not do ${what} (action type ${action.actionType}).`);
      }
    }
  }

  const runFrom = (index: number): void => {
    const action = (answer.actions[0] ?? [])[index];
    if (action) run(action, () => runFrom(index + 1));
    else finished = true;
  };

  const confirm = (event: HistoryEvent, what: string) => {
    const match = planned.get(event.EventId);
    const name = typeof event['Name'] === 'string' ? ` and name '${event['Name']}'` : '';
    if (match?.event.EventType !== event.EventType || match.event['Name'] !== event['Name'])
      throw new NonDeterministic(
        `A previous execution of this orchestration scheduled ${what} with sequence ID ${event.EventId}${name}, ` +
          `but the current replay execution hasn't (yet?) scheduled it. Was a change made to the orchestrator ` +
          `code after this instance had already started running?`,
      );
    planned.delete(event.EventId);
  };

  const settle = (id: unknown, outcome: Settled) => {
    const then = open.get(id as number);
    open.delete(id as number);
    then?.(outcome);
  };

  const raise = (event: HistoryEvent) => {
    const then = waiting.get(String(event['Name']))?.pop();
    if (then) then('ok');
    else unclaimed.push(event);
  };

  return {
    see(event: HistoryEvent) {
      switch (event.EventType) {
        case EventType.OrchestratorStarted:
          currentMs = Math.max(currentMs, Date.parse(event.Timestamp));
          break;
        case EventType.ExecutionStarted:
          runFrom(0);
          break;
        case EventType.TaskScheduled:
          confirm(event, 'an activity task');
          break;
        case EventType.SubOrchestrationCreated:
          confirm(event, 'a sub-orchestration');
          break;
        case EventType.TimerCreated:
          confirm(event, 'a timer');
          break;
        case EventType.TaskCompleted:
        case EventType.SubOrchestrationCompleted:
          settle(event['TaskScheduledId'], 'ok');
          break;
        case EventType.TaskFailed:
        case EventType.SubOrchestrationFailed:
          settle(event['TaskScheduledId'], 'failed');
          break;
        case EventType.TimerFired:
          settle(event['TimerId'], 'ok');
          break;
        case EventType.EventRaised:
          raise(event);
          break;
      }
    },
    result(): Decision {
      const fresh = [...planned.values()];
      const over = answer.isDone || (answer.error ?? '') !== '';
      return {
        scheduled: fresh.map(({ event }) => event),
        work: fresh.flatMap(({ work }) => (work ? [work] : [])),
        nextId,
        ended: over && finished && open.size === 0,
        ...(continueAsNew ? { continueAsNew } : {}),
        unclaimed,
      };
    },
  };
}

export const unknownFunction = (name: string, kind: 'an activity' | 'an orchestrator') =>
  `The function '${name}' doesn't exist, is disabled, or is not ${kind} function.`;
