// The rules of a turn: which numbers actions get, what ends an instance, and which histories do not fit.
import type { Action, Answer } from './durable/answer';
import { decide } from './durable/decide';
import {
  eventRaised,
  executionStarted,
  orchestratorStarted,
  taskCompleted,
  taskFailed,
  timerFired,
  type HistoryEvent,
} from './durable/history';

const at = '2026-01-01T00:00:00.000Z';
const later = (ms: number) => new Date(Date.parse(at) + ms).toISOString();
const start = executionStarted(
  { instanceId: 'i', executionId: 'e', name: 'o', input: null, parent: null },
  at,
);
const functions = { isActivity: () => true, isOrchestrator: () => true };

const activity = (functionName: string): Action => ({ actionType: 0, functionName });
const retried = (functionName: string, maxNumberOfAttempts: number): Action => ({
  actionType: 1,
  functionName,
  retryOptions: { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts, backoffCoefficient: 3 },
});
const timer = (ms: number, isCanceled = false): Action => ({ actionType: 5, fireAt: later(ms), isCanceled });
const event = (externalEventName: string): Action => ({ actionType: 6, externalEventName });
const any = (...compoundActions: Action[]): Action => ({ actionType: 11, compoundActions });
const all = (...compoundActions: Action[]): Action => ({ actionType: 12, compoundActions });
const answer = (actions: Action[], rest: Partial<Answer> = {}): Answer => ({
  isDone: false,
  actions: [actions],
  ...rest,
});

/** Plays turn after turn: each brings news, each answer adds to the history. Returns what every turn scheduled. */
function play(news: HistoryEvent[][], answerAt: (turn: number) => Answer) {
  const history: HistoryEvent[] = [];
  return news.map((events, turn) => {
    history.push(orchestratorStarted(later(turn * 100)), ...(turn === 0 ? [start] : []), ...events);
    const decision = decide(history, answerAt(turn), later(turn * 100), functions);
    history.push(...decision.scheduled);
    return decision;
  });
}
const names = (events: readonly HistoryEvent[]) =>
  events.map((one) => [one.EventType, one.EventId, one['Name']]);
const failure = { reason: 'r', details: 'd' };

test('actions are numbered over all kinds in the order in which they are scheduled', () => {
  const [first] = play([[]], () => answer([all(activity('a'), timer(5000), activity('b'))]));
  expect(names(first!.scheduled)).toEqual([
    [4, 0, 'a'],
    [10, 1, undefined],
    [4, 2, 'b'],
  ]);
  expect(first!.work.map(({ id }) => id)).toEqual([0, 2]);
});

test('what follows a join waits for all of it, also when one has failed', () => {
  const actions = answer([all(activity('a'), activity('b')), activity('c')]);
  const turns = play([[], [taskFailed(0, failure, at)], [taskCompleted(1, '1', at)]], () => actions);
  expect(turns.map(({ scheduled }) => names(scheduled).map(([, , name]) => name))).toEqual([
    ['a', 'b'],
    [],
    ['c'],
  ]);
});

test('what follows a race is scheduled as soon as one has ended', () => {
  const actions = answer([any(activity('a'), event('go')), activity('c')]);
  const turns = play([[], [eventRaised('go', 'null', at)]], () => actions);
  expect(names(turns[1]!.scheduled)).toEqual([[4, 1, 'c']]);
});

test('a retry waits longer each time, and once more after the last attempt before the failure counts', () => {
  const actions = answer([retried('a', 2), activity('after')]);
  const fired = (id: number) =>
    timerFired({ EventType: 10, EventId: id, IsPlayed: false, Timestamp: at, FireAt: at });
  const turns = play(
    [[], [taskFailed(0, failure, at)], [fired(1)], [taskFailed(2, failure, at)], [fired(3)]],
    () => actions,
  );
  expect(turns.map(({ scheduled }) => scheduled.map((one) => one['Name'] ?? one['FireAt']))).toEqual([
    ['a'],
    [later(100 + 1000)],
    ['a'],
    [later(300 + 3000)],
    ['after'],
  ]);
});

test('an instance ends when its code has, and nothing that it scheduled is open', () => {
  const done = answer([any(timer(100), timer(3000))], { isDone: true });
  const fired = (id: number) =>
    timerFired({ EventType: 10, EventId: id, IsPlayed: false, Timestamp: at, FireAt: at });
  expect(play([[], [fired(0)], [fired(1)]], () => done).map(({ ended }) => ended)).toEqual([
    false,
    false,
    true,
  ]);
  const cancelled = answer([any(event('go'), timer(3000, true))], { isDone: true });
  expect(play([[], [eventRaised('go', '1', at)]], () => cancelled).at(-1)!.ended).toBe(true);
});

test('a timer of more than six days is made of several', () => {
  const day = 24 * 3_600_000;
  const [first] = play([[]], () => answer([timer(8 * day)]));
  expect(first!.scheduled[0]!['FireAt']).toBe(later(3 * day));
});

test('events that came before somebody waited for them are kept, by name', () => {
  const actions = answer([activity('a'), event('go'), activity('b')]);
  const turns = play(
    [[], [eventRaised('go', '1', at), eventRaised('Go', '2', at)], [taskCompleted(0, '1', at)]],
    () => actions,
  );
  expect(names(turns[2]!.scheduled)).toEqual([[4, 1, 'b']]);
  expect(turns[2]!.unclaimed.map((one) => one['Name'])).toEqual(['Go']);
});

test.each([
  ['another activity', [activity('b')]],
  ['a timer instead of an activity', [timer(100)]],
  ['nothing', []],
])('a replay that schedules %s does not fit its history', (_what, actions) => {
  const turns = play([[], [taskCompleted(0, '1', at)]], (turn) =>
    answer(turn === 0 ? [activity('a')] : actions),
  );
  expect(turns[1]).toMatchObject({ ended: true, scheduled: [], work: [] });
  expect(turns[1]!.fault).toContain('Non-Deterministic workflow detected');
});

test.each([7, 8, 9, 13, 99])('action %i is named as not here', (actionType) => {
  const [turn] = play([[]], () => answer([{ actionType }]));
  expect(turn!.fault).toMatch(/^Orchestrator function 'o' failed: The local Functions host does not do /);
});
