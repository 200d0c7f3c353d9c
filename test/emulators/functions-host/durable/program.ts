// Carries out the actions of an orchestration function as the Durable extension does: one after the other, each awaited, with
// races, joins, retries and long timers.
import type { Agenda, Settled, Then } from './agenda';
import { ActionType, elsewhere, type Action, type RetryOptions } from './answer';
import { subOrchestrationCreated, taskScheduled, timerCreated } from './history';

const dayMs = 24 * 60 * 60 * 1000;
/** Longer timers are made of several: the numbers that the trigger's payload tells the worker. */
const longestTimerMs = 6 * dayMs;
const longTimerStepMs = 3 * dayMs;

export class NotHere extends Error {
  readonly code = 'not-here';
}

export interface Functions {
  isActivity(name: string): boolean;
  isOrchestrator(name: string): boolean;
}

export const unknownFunction = (name: string, kind: 'an activity' | 'an orchestrator') =>
  `The function '${name}' doesn't exist, is disabled, or is not ${kind} function.`;

export interface Program {
  start(): void;
  /** Whether the last action is through. */
  readonly finished: boolean;
  readonly continueAsNew: { readonly input: unknown } | undefined;
}

export interface ProgramDeps {
  readonly agenda: Agenda;
  readonly functions: Functions;
  readonly executionId: string;
  /** The time that new events get, ISO 8601. */
  readonly now: string;
}

export function makeProgram(actions: readonly Action[], deps: ProgramDeps): Program {
  const { agenda, functions, executionId, now } = deps;
  let finished = false;
  let continueAsNew: { input: unknown } | undefined;

  const callActivity = (action: Action, then: Then) => {
    const name = action.functionName ?? '';
    if (!functions.isActivity(name)) throw new NotHere(unknownFunction(name, 'an activity'));
    agenda.plan(
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
    agenda.plan((id) => {
      const instanceId = action.instanceId ?? `${executionId}:${id}`;
      return {
        event: subOrchestrationCreated(id, name, instanceId, now),
        work: { kind: 'sub-orchestration', id, name, instanceId, input: action.input ?? null },
      };
    }, then);
  };

  const createTimer = (fireAtMs: number, canceled: boolean, then: Then) => {
    const long = fireAtMs - agenda.nowMs() > longestTimerMs;
    const dueMs = long ? agenda.nowMs() + longTimerStepMs : fireAtMs;
    const id = agenda.plan(
      (own) => ({ event: timerCreated(own, new Date(dueMs).toISOString(), now) }),
      () => {
        if (dueMs < fireAtMs) createTimer(fireAtMs, canceled, then);
        else then('ok');
      },
    );
    if (!canceled) return;
    // A cancelled timer is settled and holds nothing up, although it still goes off.
    agenda.cancel(id);
    then('failed');
  };

  const withRetry = (options: RetryOptions, call: (then: Then) => void, then: Then) => {
    const firstMs = agenda.nowMs();
    const delayMs = (retries: number) =>
      Math.min(
        options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** retries,
        options.maxRetryIntervalInMilliseconds ?? Infinity,
      );
    const attempt = (retries: number) => {
      call((outcome) => {
        const expired = agenda.nowMs() - firstMs >= (options.retryTimeoutInMilliseconds ?? Infinity);
        if (outcome === 'ok' || expired) {
          then(outcome);
          return;
        }
        // The wait comes after the last attempt too, before the failure is told: the library counts on it.
        createTimer(agenda.nowMs() + delayMs(retries), false, () => {
          if (retries + 1 < options.maxNumberOfAttempts) attempt(retries + 1);
          else then('failed');
        });
      });
    };
    attempt(0);
  };

  /** All of them, also when one has failed: only then does what follows get scheduled, whatever the code has seen. */
  const whenAll = (parts: readonly Action[], then: Then) => {
    let left = parts.length;
    let outcome: Settled = 'ok';
    for (const part of parts)
      run(part, (settled) => {
        if (settled === 'failed') outcome = 'failed';
        if (--left === 0) then(outcome);
      });
  };

  const whenAny = (parts: readonly Action[], then: Then) => {
    const race = { started: false, settled: false, told: false };
    const tell = () => {
      if (!race.started || !race.settled || race.told) return;
      race.told = true;
      then('ok');
    };
    for (const part of parts)
      run(part, () => {
        race.settled = true;
        tell();
      });
    // What follows is numbered after all that the race is made of, even if one of it was settled from the start.
    race.started = true;
    tell();
  };

  function run(action: Action, then: Then): void {
    const { retryOptions = { firstRetryIntervalInMilliseconds: 0, maxNumberOfAttempts: 1 } } = action;
    switch (action.actionType) {
      case ActionType.CallActivity:
        callActivity(action, then);
        break;
      case ActionType.CallActivityWithRetry:
        withRetry(retryOptions, (done) => callActivity(action, done), then);
        break;
      case ActionType.CallSubOrchestrator:
        callSubOrchestrator(action, then);
        break;
      case ActionType.CallSubOrchestratorWithRetry:
        withRetry(retryOptions, (done) => callSubOrchestrator(action, done), then);
        break;
      case ActionType.ContinueAsNew:
        continueAsNew = { input: action.input ?? null };
        then('ok');
        break;
      case ActionType.CreateTimer:
        createTimer(Date.parse(action.fireAt ?? ''), action.isCanceled === true, then);
        break;
      case ActionType.WaitForExternalEvent:
        agenda.waitForEvent(action.externalEventName ?? '', then);
        break;
      case ActionType.WhenAny:
        whenAny(action.compoundActions ?? [], then);
        break;
      case ActionType.WhenAll:
        whenAll(action.compoundActions ?? [], then);
        break;
      default: {
        const what = elsewhere[action.actionType] ?? 'what it asked for';
        throw new NotHere(`The local Functions host does not do ${what} (action type ${action.actionType}).`);
      }
    }
  }

  const runFrom = (index: number): void => {
    const action = actions[index];
    if (action) run(action, () => runFrom(index + 1));
    else finished = true;
  };

  return {
    start: () => runFrom(0),
    get finished() {
      return finished;
    },
    get continueAsNew() {
      return continueAsNew;
    },
  };
}
