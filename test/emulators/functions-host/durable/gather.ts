// Which of what has come in the meantime goes into the next turn of an orchestration, and in what order.
import { EventType, executionStarted, orchestratorStarted, timerFired, type HistoryEvent } from './history';
import type { Instance } from './instances';
import { longestTurn, type Received } from './partition';

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
  /** Terminated, suspended or resumed: the host's business, about which the orchestration function is not asked. */
  readonly control?: HistoryEvent;
  /** Only messages that no longer matter. */
  readonly idle: boolean;
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
  const started = orchestratorStarted(new Date(nowMs).toISOString());
  const sorted = inbox.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const isMeant = ({ executionId }: Received) => executionId === null || executionId === instance.executionId;
  const isControl = ({ event }: Received) => controlTypes.has(event.EventType);

  const control = sorted.find((one) => isMeant(one) && isControl(one));
  if (control && past.length > 0)
    return { events: [started, control.event], consumed: [control.key], control: control.event, idle: false };
  if (suspended) return undefined;

  const taken = sorted.filter((one) => !(isMeant(one) && isControl(one))).slice(0, longestTurn);
  const arrived = [...results(past, taken.filter(isMeant)), ...dueTimers(past, nowMs)]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ event }) => event);
  const first = past.length === 0 ? [executionStarted(instance, instance.createdTime)] : [];
  const idle = arrived.length + first.length === 0;
  if (idle && taken.length === 0) return undefined;
  return { events: [started, ...first, ...arrived], consumed: taken.map(({ key }) => key), idle };
}

interface Arrived {
  readonly atMs: number;
  readonly event: HistoryEvent;
}

/** Activities can be delivered twice: the first result counts. */
function results(past: readonly HistoryEvent[], messages: readonly Received[]): Arrived[] {
  const known = idsOf(past, resultTypes, 'TaskScheduledId');
  return messages.flatMap(({ event }) => {
    if (resultTypes.has(event.EventType)) {
      if (known.has(event['TaskScheduledId'])) return [];
      known.add(event['TaskScheduledId']);
    }
    return [{ atMs: Date.parse(event.Timestamp), event }];
  });
}

const dueTimers = (past: readonly HistoryEvent[], nowMs: number): Arrived[] =>
  openTimers(past)
    .map((timer) => ({ atMs: Date.parse(String(timer['FireAt'])), event: timerFired(timer) }))
    .filter(({ atMs }) => atMs <= nowMs);
