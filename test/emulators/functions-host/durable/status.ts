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

/** Neither are these told of an event. */
const unshown = ['EventId', 'IsPlayed', 'TaskScheduledId', 'Result'];
const unshownOfStart = ['OrchestrationInstance', 'ParentInstance', 'Name', 'Version', 'Tags'];
const without = (event: HistoryEvent, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(event).filter(([key]) => !keys.includes(key)));

export function shownHistory(events: readonly HistoryEvent[], withResults: boolean): object[] {
  const scheduled = new Map(events.filter(({ EventId }) => EventId >= 0).map((one) => [one.EventId, one]));
  const name = events.find((one) => one.EventType === EventType.ExecutionStarted)?.['Name'];
  return events
    .filter((one) => !hidden.has(one.EventType))
    .map((one) => {
      const about = { ...without(one, unshown), EventType: names[one.EventType] };
      if (one.EventType === EventType.ExecutionStarted)
        return { ...without(about as unknown as HistoryEvent, unshownOfStart), FunctionName: name };
      const { Result } = one;
      const result = withResults && typeof Result === 'string' ? { Result: shown(Result) } : {};
      const cause = scheduled.get(one['TaskScheduledId'] as number);
      if (!cause) return { ...about, ...result };
      return {
        ...about,
        ...result,
        ScheduledTime: cause.Timestamp,
        FunctionName: cause['Name'],
        Input: null,
      };
    });
}
