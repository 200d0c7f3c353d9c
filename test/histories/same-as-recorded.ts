// Whether an orchestrator does what a recording says, as strictly as the host looks at it: nothing else, nothing less, and no earlier end.
import type { OrchestrationHandler } from 'durable-functions';
import {
  replay,
  replayEveryTurn,
  ReplayDiffers,
  type HistoryEvent,
  type ReplayedAction,
} from '../support/replay';

const type = { completed: 1, taskScheduled: 4, taskFailed: 6, timerCreated: 10, orchestratorCompleted: 13 };

/** @throws {ReplayDiffers} */
export async function sameAsRecorded(
  history: readonly HistoryEvent[],
  orchestrator: OrchestrationHandler,
): Promise<void> {
  await replayEveryTurn(history, orchestrator);
  const ends = history.flatMap(({ EventType }, index) =>
    EventType === type.orchestratorCompleted ? [index + 1] : [],
  );
  for (const [turn, end] of ends.entries()) {
    const { isDone } = await replay(history.slice(0, end), orchestrator);
    const isLast = turn === ends.length - 1;
    if (isDone !== isLast)
      throw new ReplayDiffers(isDone ? `it ends in turn ${turn + 1}` : 'it does not end');
  }
  const { actions } = await replay(history, orchestrator);
  const [did, recorded] = [scheduledBy(actions), scheduledIn(history)];
  if (did.join() !== recorded.join())
    throw new ReplayDiffers(`it schedules ${did.join(', ')}; recorded is ${recorded.join(', ')}`);
}

/** What the orchestrator scheduled, without what the host added to try failed activities again. */
function scheduledIn(history: readonly HistoryEvent[]): string[] {
  const names = new Map(history.filter(isScheduled).map((event) => [event.EventId, String(event['Name'])]));
  const retries = new Set<HistoryEvent>();
  for (const [index, failed] of history.entries()) {
    if (failed.EventType !== type.taskFailed) continue;
    const after = history.slice(index).filter((event) => !retries.has(event));
    const pause = after.find(({ EventType }) => EventType === type.timerCreated);
    const again = after.find(
      (event) => isScheduled(event) && event['Name'] === names.get(failed['TaskScheduledId'] as number),
    );
    if (pause && again) retries.add(pause).add(again);
  }
  return history.flatMap((event) => {
    if (retries.has(event)) return [];
    if (isScheduled(event)) return [String(event['Name'])];
    return event.EventType === type.timerCreated ? [timerAt(event['FireAt'])] : [];
  });
}

const isScheduled = ({ EventType }: HistoryEvent) => EventType === type.taskScheduled;
const timerAt = (time: unknown) => `timer ${Date.parse(String(time))}`;

function scheduledBy(actions: readonly ReplayedAction[]): string[] {
  return actions.flatMap((action) => {
    if (action.compoundActions) return scheduledBy(action.compoundActions);
    if (action.functionName !== undefined) return [action.functionName];
    return action.fireAt === undefined ? [] : [timerAt(action.fireAt)];
  });
}
