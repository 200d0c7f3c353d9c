// What a turn makes of an instance: by the orchestration function's answer, or by what the host was told about it.
import { randomUUID } from 'node:crypto';
import type { Answer } from './answer';
import { decide } from './decide';
import { subOrchestrationFailure } from './failure';
import { openTimers, type Between, type News } from './gather';
import {
  EventType,
  afterTurn,
  eventRaised,
  executionCompleted,
  orchestratorCompleted,
  subOrchestrationCompleted,
  subOrchestrationFailed,
  type FinalStatus,
  type HistoryEvent,
} from './history';
import type { Instance } from './instances';
import type { Outgoing } from './partition';
import type { Functions } from './program';

export interface Outcome extends Between {
  /** What the turn adds to the history. */
  readonly events: readonly HistoryEvent[];
  readonly outgoing: readonly Outgoing[];
  /** A new execution begins; what was before is forgotten. */
  readonly anew: boolean;
}

export type Told = { readonly answer: Answer } | { readonly failure: string };

/** The longest custom status, in bytes of UTF-16. */
const longestStatus = 16 * 1024;

/** A turn that the orchestration function has answered. `at`: the time of what is new, ISO 8601. */
export function answeredTurn(
  between: Between,
  news: News,
  told: Told,
  at: string,
  functions: Functions,
): Outcome {
  const { past } = between;
  const failed = (failure: string) => finished(between, news.events, 'Failed', failure, nextIdOf(past), at);
  if ('failure' in told) return failed(told.failure);
  const { answer } = told;

  let instance: Instance = { ...between.instance, runtimeStatus: 'Running', output: null };
  if (answer.customStatus !== undefined && answer.customStatus !== null) {
    const customStatus = JSON.stringify(answer.customStatus);
    const bytes = customStatus.length * 2;
    if (bytes > longestStatus) return failed(tooLong(instance.name, bytes));
    instance = { ...instance, customStatus };
  }

  const decision = decide([...past, ...news.events], answer, at, functions);
  if (decision.fault !== undefined) return failed(decision.fault);
  const events = [...news.events, ...decision.scheduled];
  if (!decision.ended) {
    const { executionId } = instance;
    const outgoing = decision.work.map((work): Outgoing => ({ kind: 'work', executionId, work }));
    return running(instance, past, events, { outgoing, at });
  }
  const stepped = { ...between, instance };
  if ((answer.error ?? '') !== '') {
    const failure = `Orchestrator function '${instance.name}' failed: ${answer.error}`;
    return finished(stepped, events, 'Failed', failure, decision.nextId, at);
  }
  if (decision.continueAsNew)
    return continued(instance, decision.continueAsNew.input, decision.unclaimed, at);
  return finished(stepped, events, 'Completed', JSON.stringify(answer.output ?? null), decision.nextId, at);
}

/** A turn in which only the host has a say. */
export function silentTurn(between: Between, news: News, at: string): Outcome {
  const { instance, past } = between;
  const { control } = news;
  if (!control)
    return {
      ...between,
      instance: { ...instance, turn: instance.turn + 1 },
      events: [],
      outgoing: [],
      anew: false,
    };
  if (control.EventType === EventType.ExecutionTerminated)
    return finished(between, news.events, 'Terminated', textOf(control, 'Input'), nextIdOf(past), at);
  const suspended = control.EventType === EventType.ExecutionSuspended;
  const runtimeStatus = suspended ? 'Suspended' : 'Running';
  // Status queries show the reason there.
  const output = JSON.stringify(textOf(control, 'Reason'));
  return running({ ...instance, runtimeStatus, output }, past, news.events, { suspended, at });
}

const textOf = (event: HistoryEvent, key: string) => {
  const value = event[key];
  return typeof value === 'string' ? value : '';
};

const tooLong = (name: string, bytes: number) =>
  `Orchestrator function '${name}' failed: The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. ` +
  `The current payload size is ${Math.ceil(bytes / 1024)} KB.`;

const nextIdOf = (past: readonly HistoryEvent[]) =>
  past.reduce((highest, { EventId }) => Math.max(highest, EventId), -1) + 1;

interface Rest {
  readonly outgoing?: readonly Outgoing[];
  readonly suspended?: boolean;
  readonly at: string;
}

function running(
  instance: Instance,
  past: readonly HistoryEvent[],
  news: readonly HistoryEvent[],
  { outgoing = [], suspended = false, at }: Rest,
): Outcome {
  const events = [...news, orchestratorCompleted(at)];
  const after = [...past, ...afterTurn(events)];
  const nextTimer = openTimers(after)
    .map((timer) => String(timer['FireAt']))
    .sort()[0];
  const next = { ...instance, lastUpdatedTime: at, turn: instance.turn + 1, nextTimer: nextTimer ?? null };
  return { instance: next, past: after, events, outgoing, suspended, anew: false };
}

function finished(
  { instance, past }: Between,
  news: readonly HistoryEvent[],
  runtimeStatus: FinalStatus,
  output: string,
  id: number,
  at: string,
): Outcome {
  const events = [...news, executionCompleted(runtimeStatus, output, id, at)];
  const outgoing = tellParent(instance, runtimeStatus, output, at);
  const outcome = running({ ...instance, runtimeStatus, output }, past, events, { outgoing, at });
  return { ...outcome, instance: { ...outcome.instance, nextTimer: null } };
}

function tellParent(instance: Instance, status: FinalStatus, output: string, at: string): Outgoing[] {
  const { parent } = instance;
  if (!parent) return [];
  const event =
    status === 'Completed'
      ? subOrchestrationCompleted(parent.TaskScheduleId, output, at)
      : subOrchestrationFailed(parent.TaskScheduleId, subOrchestrationFailure(instance.name, output), at);
  const { InstanceId: instanceId, ExecutionId: executionId } = parent.OrchestrationInstance;
  return [{ kind: 'tell', instanceId, executionId, event }];
}

/** The instance begins anew with an empty history; events that nobody has waited for go with it. */
function continued(
  instance: Instance,
  input: unknown,
  unclaimed: readonly HistoryEvent[],
  at: string,
): Outcome {
  const { instanceId } = instance;
  return {
    instance: {
      ...instance,
      executionId: randomUUID(),
      input: JSON.stringify(input),
      createdTime: at,
      lastUpdatedTime: at,
      turn: instance.turn + 1,
      nextTimer: null,
    },
    suspended: false,
    past: [],
    events: [],
    outgoing: unclaimed.map((event): Outgoing => {
      const again = eventRaised(textOf(event, 'Name'), textOf(event, 'Input'), event.Timestamp);
      return { kind: 'tell', instanceId, executionId: null, event: again };
    }),
    anew: true,
  };
}
