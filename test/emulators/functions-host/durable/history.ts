// The history of an orchestration in the shape in which the Durable extension hands it to the worker.

export const EventType = {
  ExecutionStarted: 0,
  ExecutionCompleted: 1,
  ExecutionTerminated: 3,
  TaskScheduled: 4,
  TaskCompleted: 5,
  TaskFailed: 6,
  SubOrchestrationCreated: 7,
  SubOrchestrationCompleted: 8,
  SubOrchestrationFailed: 9,
  TimerCreated: 10,
  TimerFired: 11,
  OrchestratorStarted: 12,
  OrchestratorCompleted: 13,
  EventRaised: 15,
  ExecutionSuspended: 19,
  ExecutionResumed: 20,
} as const;

/** Every property of an event besides these four depends on its kind; values are text, numbers or null. */
export interface HistoryEvent {
  readonly EventType: number;
  /** The number of what was scheduled, over all kinds; -1 for everything else. */
  readonly EventId: number;
  readonly IsPlayed: boolean;
  /** ISO 8601, UTC. */
  readonly Timestamp: string;
  readonly [property: string]: unknown;
}

export interface ParentInstance {
  readonly Name: string;
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
  readonly TaskScheduleId: number;
  readonly Version: null;
}

/** What happened outside, as an event of the next turn. `at` is a time in ISO 8601. */
const event = (type: number, at: string, properties: object, id = -1): HistoryEvent => ({
  ...properties,
  EventType: type,
  EventId: id,
  IsPlayed: false,
  Timestamp: at,
});

export const orchestratorStarted = (at: string) => event(EventType.OrchestratorStarted, at, {});
export const orchestratorCompleted = (at: string) => event(EventType.OrchestratorCompleted, at, {});

export interface Start {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  /** JSON text, or null when started without. */
  readonly input: string | null;
  readonly parent: ParentInstance | null;
}

export const executionStarted = (start: Start, at: string) =>
  event(EventType.ExecutionStarted, at, {
    OrchestrationInstance: { InstanceId: start.instanceId, ExecutionId: start.executionId },
    ParentInstance: start.parent,
    Name: start.name,
    Version: null,
    Input: start.input,
    Tags: null,
    Correlation: null,
    ParentTraceContext: null,
    ScheduledStartTime: null,
    Generation: start.parent ? null : 0,
    GenerateNewTrace: false,
  });

export type FinalStatus = 'Completed' | 'Failed' | 'Terminated';

export const executionCompleted = (status: FinalStatus, result: string | null, id: number, at: string) =>
  event(
    EventType.ExecutionCompleted,
    at,
    { OrchestrationStatus: status, Result: result, FailureDetails: null },
    id,
  );

export const taskScheduled = (id: number, name: string, at: string) =>
  event(
    EventType.TaskScheduled,
    at,
    { Name: name, Version: '', Input: null, ParentTraceContext: null, Tags: null },
    id,
  );

export const taskCompleted = (scheduledId: number, result: string, at: string) =>
  event(EventType.TaskCompleted, at, { TaskScheduledId: scheduledId, Result: result });

export interface Failure {
  readonly reason: string;
  readonly details: string;
}

export const taskFailed = (scheduledId: number, failure: Failure, at: string) =>
  event(EventType.TaskFailed, at, {
    TaskScheduledId: scheduledId,
    Reason: failure.reason,
    Details: failure.details,
    FailureDetails: null,
  });

export const subOrchestrationCreated = (id: number, name: string, instanceId: string, at: string) =>
  event(
    EventType.SubOrchestrationCreated,
    at,
    { Name: name, Version: null, InstanceId: instanceId, Input: null, ClientSpanId: null, Tags: null },
    id,
  );

export const subOrchestrationCompleted = (scheduledId: number, result: string | null, at: string) =>
  event(EventType.SubOrchestrationCompleted, at, { TaskScheduledId: scheduledId, Result: result });

export const subOrchestrationFailed = (scheduledId: number, failure: Failure, at: string) =>
  event(EventType.SubOrchestrationFailed, at, {
    TaskScheduledId: scheduledId,
    Reason: failure.reason,
    Details: failure.details,
    FailureDetails: null,
  });

export const timerCreated = (id: number, fireAt: string, at: string) =>
  event(EventType.TimerCreated, at, { FireAt: fireAt }, id);

/** The real extension stamps the time at which the timer was made, not the one at which it fired. */
export const timerFired = (timer: HistoryEvent) =>
  event(EventType.TimerFired, timer.Timestamp, { TimerId: timer.EventId, FireAt: timer['FireAt'] });

export const eventRaised = (name: string, input: string, at: string) =>
  event(EventType.EventRaised, at, { Name: name, Input: input, ParentTraceContext: null });

export const executionTerminated = (reason: string, at: string) =>
  event(EventType.ExecutionTerminated, at, { Input: reason });
export const executionSuspended = (reason: string, at: string) =>
  event(EventType.ExecutionSuspended, at, { Reason: reason });
export const executionResumed = (reason: string, at: string) =>
  event(EventType.ExecutionResumed, at, { Reason: reason });

/** What is marked as played once its turn is over. */
const played = new Set<number>([
  EventType.ExecutionStarted,
  EventType.TaskCompleted,
  EventType.TaskFailed,
  EventType.SubOrchestrationCompleted,
  EventType.SubOrchestrationFailed,
  EventType.TimerFired,
  EventType.EventRaised,
]);

export const afterTurn = (events: readonly HistoryEvent[]): HistoryEvent[] =>
  events.map((one) => (played.has(one.EventType) ? { ...one, IsPlayed: true } : one));

/** What an orchestration function gets at the start of a turn. `news` begins with OrchestratorStarted. */
export function turnPayload(
  past: readonly HistoryEvent[],
  news: readonly HistoryEvent[],
  instanceId: string,
) {
  const history = [...past, ...news];
  const started = history.find((one) => one.EventType === EventType.ExecutionStarted);
  const parent = started?.['ParentInstance'] as ParentInstance | null | undefined;
  return {
    history,
    input: parsed(started?.['Input']),
    instanceId,
    isReplaying: past.length > 0,
    parentInstanceId: parent?.OrchestrationInstance.InstanceId ?? null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30000,
  };
}

const parsed = (text: unknown): unknown => (typeof text === 'string' ? JSON.parse(text) : null);

/** A history as `GET /admin/emulator/instances/{id}/history` gives it. */
export interface HistoryDump {
  readonly instanceId: string;
  readonly name: string;
  readonly runtimeStatus: string;
  /** Every event, in order. Turn n ends before index `turnEnds[n]`. */
  readonly events: readonly HistoryEvent[];
  readonly turnEnds: readonly number[];
}

/** What was sent to the orchestration function at a turn (from 0), ready to be replayed. */
export function payloadOfTurn(dump: HistoryDump, turn: number) {
  const start = dump.turnEnds[turn - 1] ?? 0;
  const own = dump.events.slice(start, dump.turnEnds[turn]);
  // What the orchestrator answered with comes after what it was told.
  const answered = own.findIndex(
    (one) => one.EventId >= 0 || one.EventType === EventType.OrchestratorCompleted,
  );
  const news = own.slice(0, answered < 0 ? undefined : answered).map((one) => ({ ...one, IsPlayed: false }));
  return turnPayload(afterTurn(dump.events.slice(0, start)), news, dump.instanceId);
}
