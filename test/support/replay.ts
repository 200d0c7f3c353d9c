// Replays a recorded history through the real durable-functions library, cut after every turn: an orchestrator must schedule the
// same actions each time.
import { isDeepStrictEqual } from 'node:util';
import { DummyOrchestrationContext, type OrchestrationHandler } from 'durable-functions';
import { Orchestrator } from 'durable-functions/lib/src/orchestrations/Orchestrator';

/** An event as the host sends it to orchestrators. */
export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId?: number;
  readonly Timestamp: string;
  readonly [key: string]: unknown;
}

const taskScheduled = 4;
const executionStarted = 0;
const timerCreated = 10;
const orchestratorCompleted = 13;

/** An action in the library's own form; `actionType` 11 and 12 hold others in `compoundActions`. */
export interface ReplayedAction {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly fireAt?: string;
  readonly isCanceled?: boolean;
  readonly compoundActions?: readonly ReplayedAction[];
}

export interface Replayed {
  readonly isDone: boolean;
  readonly actions: readonly ReplayedAction[];
  readonly customStatus: unknown;
  readonly output: unknown;
}

/** An orchestrator did not do the same again. */
export class ReplayDiffers extends Error {
  readonly code = 'replay-differs';
}

/** What the orchestrator answers to this history. @throws what it throws, in the library's own error. */
export async function replay(
  history: readonly HistoryEvent[],
  orchestrator: OrchestrationHandler,
): Promise<Replayed> {
  const started = history.find(({ EventType }) => EventType === executionStarted);
  const text = started?.['Input'];
  const instance = started?.['OrchestrationInstance'] as { InstanceId?: string } | undefined;
  const trigger = {
    // The library changes what it is given.
    history: structuredClone(history),
    input: (typeof text === 'string' ? JSON.parse(text) : undefined) as unknown,
    instanceId: instance?.InstanceId ?? 'replayed',
    isReplaying: true,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  };
  const context = new DummyOrchestrationContext('replayed', 'replayed', () => undefined);
  const answer = await new Orchestrator(orchestrator).listen()(trigger, context);
  const state = JSON.parse(JSON.stringify(answer)) as Omit<Replayed, 'actions'> & {
    actions: [ReplayedAction[]];
  };
  return { ...state, actions: state.actions[0] };
}

/**
 * @param history everything that the orchestration has been through, at its end or at any moment before.
 * @returns how many turns it had.
 * @throws {ReplayDiffers} when the actions of a cut are not the beginning of those of the whole, or are not what was recorded.
 */
export async function replayEveryTurn(
  history: readonly HistoryEvent[],
  orchestrator: OrchestrationHandler,
): Promise<{ readonly turns: number }> {
  const whole = await replay(history, orchestrator);
  const cuts = history.flatMap(({ EventType }, index) =>
    EventType === orchestratorCompleted ? [index + 1] : [],
  );
  for (const [turn, end] of cuts.entries()) {
    const { actions } = await replay(history.slice(0, end), orchestrator);
    for (const [index, action] of actions.entries()) {
      if (!same(action, whole.actions[index])) {
        throw new ReplayDiffers(
          `cut after turn ${turn + 1}, action ${index + 1} is ${JSON.stringify(action)}, and ${JSON.stringify(whole.actions[index])} in the whole`,
        );
      }
    }
  }
  compareWithRecording(history, whole.actions);
  return { turns: cuts.length };
}

/** A timer may be cancelled in a later turn; nothing else of an action may change. */
function same(early: ReplayedAction, late: ReplayedAction | undefined): boolean {
  if (!late) return false;
  const { isCanceled, compoundActions = [], ...rest } = early;
  const { isCanceled: canceledLate, compoundActions: members = [], ...lateRest } = late;
  return (
    isDeepStrictEqual(rest, lateRest) &&
    (isCanceled === canceledLate || canceledLate === true) &&
    compoundActions.length === members.length &&
    compoundActions.every((action, index) => same(action, members[index]))
  );
}

/** What the host recorded as scheduled holds the actions in their order; its own retries stand between them. */
function compareWithRecording(history: readonly HistoryEvent[], actions: readonly ReplayedAction[]): void {
  const recorded = history.flatMap((event) => {
    if (event.EventType === taskScheduled) return [`activity ${String(event['Name'])}`];
    return event.EventType === timerCreated ? [`timer ${Date.parse(String(event['FireAt']))}`] : [];
  });
  let position = 0;
  for (const wanted of flattened(actions)) {
    const found = recorded.indexOf(wanted, position);
    if (found < 0)
      throw new ReplayDiffers(
        `"${wanted}" is scheduled, but not recorded after "${recorded[position - 1] ?? 'the start'}"`,
      );
    position = found + 1;
  }
}

function flattened(actions: readonly ReplayedAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.compoundActions) return flattened(action.compoundActions);
    if (action.functionName !== undefined) return [`activity ${action.functionName}`];
    return action.fireAt === undefined ? [] : [`timer ${Date.parse(action.fireAt)}`];
  });
}
