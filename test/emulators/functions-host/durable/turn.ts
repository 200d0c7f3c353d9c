// One turn: which of what has come goes into it, and what the orchestration function's answer makes of the instance.
import { randomUUID } from 'node:crypto';
import type { Answer } from './answer';
import { decide } from './decide';
import {
  EventType,
  afterTurn,
  eventRaised,
  executionCompleted,
  executionStarted,
  orchestratorCompleted,
  orchestratorStarted,
  subOrchestrationCompleted,
  subOrchestrationFailed,
  timerFired,
  type FinalStatus,
  type HistoryEvent,
} from './history';
import { subOrchestrationFailure } from './failure';
import type { Instance } from './instances';
import { longestTurn, type Outgoing, type Received } from './partition';
import type { Functions } from './program';

/** What a host knows of an instance between two turns. */
export interface Between {
  readonly instance: Instance;
  readonly suspended: boolean;
  /** The execution's events, marked as played. */
  readonly past: readonly HistoryEvent[];
}

export interface News {
  /** OrchestratorStarted first. */
  readonly events: readonly HistoryEvent[];
  /** The messages that the turn uses up. */
  readonly consumed: readonly string[];
  /** Only the host has something to do; the orchestration function is not asked. */
  readonly silent: boolean;
}

const resultTypes = new Set<number>([
  EventType.TaskCompleted,
  EventType.TaskFailed,
  EventType.SubOrchestrationCompleted,
  EventType.SubOrchestrationFailed,
]);
const controlTypes = new Set<number>([
  EventType.ExecutionTerminated,
  EventType.ExecutionSuspended,
  EventType.ExecutionResumed,
]);

const idsOf = (events: readonly HistoryEvent[], types: ReadonlySet<number>, key: string) =>
  new Set(events.filter((one) => types.has(one.EventType)).map((one) => one[key]));

/** Timers that have not gone off, cancelled ones included: those go off too while the instance lives. */
export const openTimers = (past: readonly HistoryEvent[]) => {
  const fired = idsOf(past, new Set([EventType.TimerFired]), 'TimerId');
  return past.filter((one) => one.EventType === EventType.TimerCreated && !fired.has(one.EventId));
};

/** @returns undefined when there is nothing to do. */
export function gather(between: Between, inbox: readonly Received[], nowMs: number): News | undefined {
  const { instance, past, suspended } = between;
  const at = new Date(nowMs).toISOString();
  const sorted = inbox.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const stale = sorted.filter(
    ({ executionId }) => executionId !== null && executionId !== instance.executionId,
  );
  const meant = sorted.filter((one) => !stale.includes(one));

  const control = meant.find(({ event }) => controlTypes.has(event.EventType));
  if (control && past.length > 0)
    return { events: [orchestratorStarted(at), control.event], consumed: [control.key], silent: true };
  if (suspended) return undefined;

  const known = idsOf(past, resultTypes, 'TaskScheduledId');
  const taken = meant.filter((one) => one !== control).slice(0, longestTurn);
  const arrived: { at: string; event: HistoryEvent }[] = [];
  for (const { event } of taken) {
    // Activities can be delivered twice: the first result counts.
    if (resultTypes.has(event.EventType)) {
      if (known.has(event['TaskScheduledId'])) continue;
      known.add(event['TaskScheduledId']);
    }
    arrived.push({ at: event.Timestamp, event });
  }
  for (const timer of openTimers(past)) {
    const fireAt = String(timer['FireAt']);
    if (Date.parse(fireAt) <= nowMs) arrived.push({ at: fireAt, event: timerFired(timer) });
  }
  arrived.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));

  const first = past.length === 0 ? [executionStarted(instance, instance.createdTime)] : [];
  const consumed = [...stale, ...taken].map(({ key }) => key).slice(0, longestTurn);
  if (arrived.length + first.length === 0 && consumed.length === 0) return undefined;
  return {
    events: [orchestratorStarted(at), ...first, ...arrived.map(({ event }) => event)],
    consumed,
    silent: arrived.length + first.length === 0,
  };
}

export interface Outcome {
  readonly instance: Instance;
  readonly suspended: boolean;
  /** What the turn adds to the history. */
  readonly events: readonly HistoryEvent[];
  readonly past: readonly HistoryEvent[];
  readonly outgoing: readonly Outgoing[];
}

/** A turn in which only the host has a say: it was terminated, suspended or resumed, or got what no longer matters. */
export function silentTurn(between: Between, news: News, at: string): Outcome {
  const { instance, past } = between;
  const control = news.events.find((one) => controlTypes.has(one.EventType));
  const type = control?.EventType;
  if (type === undefined)
    return {
      instance: { ...instance, turn: instance.turn + 1 },
      suspended: between.suspended,
      events: [],
      past,
      outgoing: [],
    };
  if (type === EventType.ExecutionTerminated)
    return finished(between, news.events, [], 'Terminated', reasonOf(control, 'Input'), nextIdOf(past), at);
  const suspended = type === EventType.ExecutionSuspended;
  const next: Instance = {
    ...instance,
    runtimeStatus: suspended ? 'Suspended' : 'Running',
    output: JSON.stringify(reasonOf(control, 'Reason')),
  };
  return running(next, past, [...news.events], [], suspended, at);
}

const reasonOf = (event: HistoryEvent | undefined, key: string) => {
  const reason = event?.[key];
  return typeof reason === 'string' ? reason : '';
};

const nextIdOf = (past: readonly HistoryEvent[]) => Math.max(-1, ...past.map(({ EventId }) => EventId)) + 1;

export type Told = { readonly answer: Answer } | { readonly failure: string };

/** The longest custom status, in bytes of UTF-16. */
const longestStatus = 16 * 1024;

/** A turn that the orchestration function has answered. */
export function answeredTurn(
  between: Between,
  news: News,
  told: Told,
  at: string,
  functions: Functions,
): Outcome {
  const { past } = between;
  const failed = (failure: string) =>
    finished(between, news.events, [], 'Failed', failure, nextIdOf(past), at);
  if ('failure' in told) return failed(told.failure);
  const { answer } = told;

  let instance: Instance = { ...between.instance, runtimeStatus: 'Running', output: null };
  if (answer.customStatus !== undefined && answer.customStatus !== null) {
    const customStatus = JSON.stringify(answer.customStatus);
    if (customStatus.length * 2 > longestStatus) {
      const size = Math.round((customStatus.length * 2) / 1024);
      return failed(
        `Orchestrator function '${instance.name}' failed: The UTF-16 size of the JSON-serialized payload must not exceed 16 KB. ` +
          `The current payload size is ${size} KB.`,
      );
    }
    instance = { ...instance, customStatus };
  }

  const decision = decide([...past, ...news.events], answer, at, functions);
  if (decision.fault !== undefined) return failed(decision.fault);
  const events = [...news.events, ...decision.scheduled];
  if (!decision.ended) {
    const outgoing = decision.work.map((work): Outgoing => ({
      kind: 'work',
      executionId: instance.executionId,
      work,
    }));
    return running(instance, past, events, outgoing, false, at);
  }
  const stepped = { ...between, instance };
  if ((answer.error ?? '') !== '') {
    const failure = `Orchestrator function '${instance.name}' failed: ${answer.error}`;
    return finished(stepped, events, [], 'Failed', failure, decision.nextId, at);
  }
  if (decision.continueAsNew)
    return continued(instance, decision.continueAsNew.input, decision.unclaimed, at);
  const output = JSON.stringify(answer.output ?? null);
  return finished(stepped, events, [], 'Completed', output, decision.nextId, at);
}

function running(
  instance: Instance,
  past: readonly HistoryEvent[],
  events: readonly HistoryEvent[],
  outgoing: readonly Outgoing[],
  suspended: boolean,
  at: string,
): Outcome {
  const all = [...events, orchestratorCompleted(at)];
  const after = [...past, ...afterTurn(all)];
  const due = openTimers(after).map((timer) => String(timer['FireAt']));
  return {
    instance: {
      ...instance,
      lastUpdatedTime: at,
      turn: instance.turn + 1,
      nextTimer: due.sort()[0] ?? null,
    },
    suspended,
    events: all,
    past: after,
    outgoing,
  };
}

function finished(
  { instance, past }: Between,
  events: readonly HistoryEvent[],
  outgoing: readonly Outgoing[],
  status: FinalStatus,
  output: string,
  id: number,
  at: string,
): Outcome {
  const end = executionCompleted(status, output, id, at);
  const outcome = running(
    { ...instance, runtimeStatus: status, output },
    past,
    [...events, end],
    [...outgoing, ...tellParent(instance, status, output, at)],
    false,
    at,
  );
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
    events: [],
    past: [],
    outgoing: unclaimed.map((event): Outgoing => ({
      kind: 'tell',
      instanceId: instance.instanceId,
      executionId: null,
      event: eventRaised(String(event['Name']), String(event['Input']), event.Timestamp),
    })),
  };
}
