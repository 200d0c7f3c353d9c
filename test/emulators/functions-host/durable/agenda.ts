// What the replay of one orchestration has scheduled, what of it the history confirms, and who waits for what.
import { EventType, type HistoryEvent } from './history';

export type Work =
  | { readonly kind: 'activity'; readonly id: number; readonly name: string; readonly input: unknown }
  | {
      readonly kind: 'sub-orchestration';
      readonly id: number;
      readonly name: string;
      readonly instanceId: string;
      readonly input: unknown;
    };

export class NonDeterministic extends Error {
  readonly code = 'non-deterministic';
}

export type Settled = 'ok' | 'failed';
export type Then = (outcome: Settled) => void;

export interface Planned {
  readonly event: HistoryEvent;
  /** Timers need no more than their event. */
  readonly work?: Work;
}

export interface Agenda {
  /** By the events seen so far. Milliseconds since 1970. */
  nowMs(): number;
  /** Schedules something under the next number. */
  plan(make: (id: number) => Planned, then: Then): number;
  /** Nobody waits for it any more, and it holds nothing up. */
  cancel(id: number): void;
  waitForEvent(name: string, then: Then): void;
  /** Takes one event of the history, other than the start. @throws {NonDeterministic} */
  see(event: HistoryEvent): void;
  /** What the history does not hold yet. */
  fresh(): readonly Planned[];
  readonly nextId: number;
  /** Whether something that was scheduled has not ended. */
  readonly busy: boolean;
  readonly unclaimed: readonly HistoryEvent[];
}

const kinds: Readonly<Record<number, string>> = {
  [EventType.TaskScheduled]: 'an activity task',
  [EventType.SubOrchestrationCreated]: 'a sub-orchestration',
  [EventType.TimerCreated]: 'a timer',
};

export function makeAgenda(): Agenda {
  let nextId = 0;
  let nowMs = 0;
  /** Scheduled by the actions, not found in the history so far. */
  const planned = new Map<number, Planned>();
  const open = new Map<number, Then>();
  const waiting = new Map<string, Then[]>();
  const unclaimed: HistoryEvent[] = [];

  const confirm = (event: HistoryEvent) => {
    const match = planned.get(event.EventId);
    const name = typeof event['Name'] === 'string' ? ` and name '${event['Name']}'` : '';
    if (match?.event.EventType !== event.EventType || match.event['Name'] !== event['Name'])
      throw new NonDeterministic(
        `A previous execution of this orchestration scheduled ${kinds[event.EventType] ?? ''} with sequence ID ` +
          `${event.EventId}${name}, but the current replay execution hasn't (yet?) scheduled this task. ` +
          `Was a change made to the orchestrator code after this instance had already started running?`,
      );
    planned.delete(event.EventId);
  };

  const settle = (id: unknown, outcome: Settled) => {
    const then = open.get(id as number);
    open.delete(id as number);
    then?.(outcome);
  };

  const raise = (event: HistoryEvent) => {
    // The last to wait is the first to get it, as in the library.
    const then = waiting.get(String(event['Name']))?.pop();
    if (then) then('ok');
    else unclaimed.push(event);
  };

  return {
    nowMs: () => nowMs,
    plan(make, then) {
      const id = nextId++;
      planned.set(id, make(id));
      open.set(id, then);
      return id;
    },
    cancel: (id) => void open.delete(id),
    waitForEvent(name, then) {
      const kept = unclaimed.findIndex((event) => event['Name'] === name);
      if (kept >= 0) {
        unclaimed.splice(kept, 1);
        then('ok');
      } else waiting.set(name, [...(waiting.get(name) ?? []), then]);
    },
    see(event) {
      switch (event.EventType) {
        case EventType.OrchestratorStarted:
          nowMs = Math.max(nowMs, Date.parse(event.Timestamp));
          break;
        case EventType.TaskScheduled:
        case EventType.SubOrchestrationCreated:
        case EventType.TimerCreated:
          confirm(event);
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
    fresh: () => [...planned.values()],
    get nextId() {
      return nextId;
    },
    get busy() {
      return open.size > 0;
    },
    unclaimed,
  };
}
