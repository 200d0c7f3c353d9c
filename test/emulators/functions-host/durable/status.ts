// An instance and its history as status queries show them.
import { EventType, type HistoryEvent } from './history';
import type { Instance } from './instances';

/** JSON where it is JSON, text where it is text, null where there is none. */
const shown = (text: string | null): unknown => {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};
/** Whole seconds. */
const shownTime = (time: string) => time.replace(/\.\d+Z$/, 'Z');

export const statusBody = (instance: Instance, showInput: boolean) => ({
  name: instance.name,
  instanceId: instance.instanceId,
  runtimeStatus: instance.runtimeStatus,
  input: showInput ? shown(instance.input) : null,
  customStatus: shown(instance.customStatus),
  output: shown(instance.output),
  createdTime: shownTime(instance.createdTime),
  lastUpdatedTime: shownTime(instance.lastUpdatedTime),
});

const names = Object.fromEntries(Object.entries(EventType).map(([name, number]) => [number, name]));
/** What only serves the replay is left out; what was scheduled is told with its end. */
const hidden = new Set<number>([
  EventType.OrchestratorStarted,
  EventType.OrchestratorCompleted,
  EventType.TaskScheduled,
  EventType.TimerCreated,
  EventType.SubOrchestrationCreated,
]);

export function shownHistory(events: readonly HistoryEvent[], withResults: boolean): object[] {
  const scheduled = new Map(events.filter(({ EventId }) => EventId >= 0).map((one) => [one.EventId, one]));
  const name = events.find((one) => one.EventType === EventType.ExecutionStarted)?.['Name'];
  return events
    .filter((one) => !hidden.has(one.EventType))
    .map((one) => {
      const { EventType: type, EventId: _id, IsPlayed: _played, Timestamp, TaskScheduledId, Result, ...rest } = one;
      const cause = scheduled.get(TaskScheduledId as number);
      const result = withResults && typeof Result === 'string' ? { Result: shown(Result) } : {};
      if (type === EventType.ExecutionStarted) {
        const { OrchestrationInstance: _o, ParentInstance: _p, Name: _n, Version: _v, Tags: _t, ...kept } = rest;
        return { EventType: names[type], ...kept, Timestamp, FunctionName: name };
      }
      if (!cause) return { EventType: names[type], ...rest, ...result, Timestamp };
      const about = { ScheduledTime: cause.Timestamp, FunctionName: cause['Name'], Input: null };
      return { EventType: names[type], ...rest, ...result, Timestamp, ...about };
    });
}
