// The orchestration of a run in the real durable-functions library, by hand-made histories: it schedules what the stepped one
// schedules, and does so at every replay.
import { exportRun } from '../../functions/orchestrators/export-run';
import {
  replay,
  replayEveryTurn,
  ReplayDiffers,
  type HistoryEvent,
  type ReplayedAction,
} from '../support/replay';
import type { Action } from '../support/orchestrator-tasks';
import { startTime, stepOrchestrator } from '../support/step-orchestrator';

const runId = 'spring-20260301115900-abcdefghij23';
const input = { runId, concurrency: 2, pollFirst: 5_000, pollLongest: 60_000, requestsPerSecond: 4 };
const at = (seconds: number) => new Date(startTime + seconds * 1000).toISOString();
const event = (EventType: number, seconds: number, rest: object = {}): HistoryEvent => ({
  EventType,
  EventId: -1,
  IsPlayed: false,
  Timestamp: at(seconds),
  ...rest,
});

const turn = (seconds: number, news: HistoryEvent[], scheduled: HistoryEvent[] = []): HistoryEvent[] => [
  event(12, seconds),
  ...news,
  ...scheduled,
  event(13, seconds),
];
const started = () =>
  event(0, 0, {
    Name: 'exportRun',
    Input: JSON.stringify(input),
    OrchestrationInstance: { InstanceId: runId },
  });
const activity = (id: number, name: string, seconds: number) =>
  event(4, seconds, { EventId: id, Name: name });
const timer = (id: number, until: number, seconds: number) =>
  event(10, seconds, { EventId: id, FireAt: at(until) });
const result = (id: number, value: object | null, seconds: number) =>
  event(5, seconds, { TaskScheduledId: id, Result: JSON.stringify(value) });
const failed = (id: number, seconds: number) =>
  event(6, seconds, { TaskScheduledId: id, Reason: 'Activity function failed', Details: '{}' });
const fired = (id: number, until: number) => event(11, until, { TimerId: id, FireAt: at(until) });
const canceled = (seconds: number) => event(15, seconds, { Name: 'cancel', Input: 'null' });

const opened = { kind: 'opened' };
const prepared = { kind: 'prepared', waves: [2], contacts: 100 };
const sent = { kind: 'sent' };
const looked = (open: number) => ({ kind: 'looked', open, again: [] });

/** Opened, prepared, two batches sent, and a first timer of five seconds. */
const sending = () => [
  ...turn(0, [started()], [activity(0, 'openRun', 0)]),
  ...turn(1, [result(0, opened, 1)], [activity(1, 'prepareBatches', 1)]),
  ...turn(2, [result(1, prepared, 2)], [activity(2, 'importBatch', 2), activity(3, 'importBatch', 2)]),
  ...turn(3, [result(3, sent, 3), result(2, sent, 3)], [timer(4, 8, 3)]),
];
const happy = () => [
  ...sending(),
  ...turn(8, [fired(4, 8)], [activity(5, 'awaitImports', 8)]),
  ...turn(9, [result(5, looked(1), 9)], [timer(6, 19, 9)]),
  ...turn(19, [fired(6, 19)], [activity(7, 'awaitImports', 19)]),
  ...turn(20, [result(7, looked(0), 20)], [activity(8, 'closeRun', 20)]),
  ...turn(21, [result(8, null, 21)]),
];

/** The actions without the compound tasks around them; an event that is waited for is not one. */
const plain = (actions: readonly ReplayedAction[]): object[] =>
  actions.flatMap((action) => {
    if (action.compoundActions) return plain(action.compoundActions);
    if (action.functionName !== undefined) return [{ name: action.functionName, input: action.input }];
    return action.fireAt === undefined ? [] : [{ until: action.fireAt, canceled: action.isCanceled }];
  });
const plainly = (actions: readonly Action[]): object[] =>
  actions.map((action) =>
    action.kind === 'activity'
      ? { name: action.name, input: action.input }
      : { until: new Date(action.until).toISOString(), canceled: action.canceled },
  );

test('the library schedules exactly what the stepped orchestration schedules, and shows the same status', async () => {
  const real = await replay(happy(), exportRun);
  const stepped = stepOrchestrator(exportRun, {
    input,
    answers: {
      openRun: [opened],
      prepareBatches: [prepared],
      importBatch: [sent, sent],
      awaitImports: [looked(1), looked(0)],
      closeRun: [null],
    },
  });
  expect(real.isDone).toBe(true);
  expect(plain(real.actions)).toEqual(plainly(stepped.actions));
  expect(real.customStatus).toEqual(stepped.statuses.at(-1));
});

test('a cancel event that ends a wait cancels its timer, and a second one changes nothing', async () => {
  const history = [
    ...sending(),
    ...turn(5, [canceled(5)], [activity(5, 'awaitImports', 5)]),
    ...turn(6, [canceled(6)]),
    ...turn(7, [result(5, { kind: 'stopped' }, 7)], [activity(6, 'awaitImports', 7)]),
    ...turn(8, [result(6, { kind: 'stopped' }, 8), fired(4, 8)], [activity(7, 'closeRun', 8)]),
    ...turn(9, [result(7, null, 9)]),
  ];
  const real = await replay(history, exportRun);
  const stepped = stepOrchestrator(exportRun, {
    input,
    answers: {
      openRun: [opened],
      prepareBatches: [prepared],
      importBatch: [sent, sent],
      awaitImports: () => ({ kind: 'stopped' }),
      closeRun: [null],
    },
    wait: () => 'cancel',
  });
  expect(real.isDone).toBe(true);
  expect(plain(real.actions)).toEqual(plainly(stepped.actions));
  await expect(replayEveryTurn(history, exportRun)).resolves.toEqual({ turns: 9 });
});

test('a cancel event that comes before anybody waits ends the first wait at once', async () => {
  const history = [
    ...turn(0, [started()], [activity(0, 'openRun', 0)]),
    ...turn(1, [canceled(1)]),
    ...turn(
      2,
      [result(0, { kind: 'later', until: startTime + 3_600_000, why: 'job-queue' }, 2)],
      [timer(1, 3_600, 2), activity(2, 'openRun', 2)],
    ),
    ...turn(3, [result(2, { kind: 'stopped' }, 3)], [activity(3, 'closeRun', 3)]),
    ...turn(4, [result(3, null, 4)]),
  ];
  const real = await replay(history, exportRun);
  expect(real.isDone).toBe(true);
  expect(plain(real.actions)).toContainEqual({ until: at(3_600), canceled: true });
  await expect(replayEveryTurn(history, exportRun)).resolves.toEqual({ turns: 5 });
});

test('an activity that the host tries again is the same action, and one that fails six times closes the run as broken', async () => {
  const tries = [0, 1, 2, 3, 4].flatMap((index) => [
    ...turn(
      2 * index + 1,
      [failed(2 * index, 2 * index + 1)],
      [timer(2 * index + 1, 2 * index + 2, 2 * index + 1)],
    ),
    ...turn(
      2 * index + 2,
      [fired(2 * index + 1, 2 * index + 2)],
      [activity(2 * index + 2, 'openRun', 2 * index + 2)],
    ),
  ]);
  const history = [
    ...turn(0, [started()], [activity(0, 'openRun', 0)]),
    ...tries,
    ...turn(11, [failed(10, 11)], [timer(11, 12, 11)]),
    ...turn(12, [fired(11, 12)], [activity(12, 'closeRun', 12)]),
    ...turn(13, [result(12, null, 13)]),
  ];
  const real = await replay(history, exportRun);
  expect(real.isDone).toBe(true);
  expect(plain(real.actions)).toEqual([
    { name: 'openRun', input: { runId, round: 1, tries: 0 } },
    {
      name: 'closeRun',
      input: {
        runId,
        reason: 'broken',
        tries: 0,
        phases: [{ phase: 'opening', startedAt: at(0), seconds: 12 }],
        requests: 0,
      },
    },
  ]);
});

describe('a replay of every turn', () => {
  test('passes for the whole history and for one that is still going on', async () => {
    await expect(replayEveryTurn(happy(), exportRun)).resolves.toEqual({ turns: 9 });
    await expect(replayEveryTurn(sending(), exportRun)).resolves.toEqual({ turns: 4 });
  });

  test('finds an orchestrator that does something else the next time', async () => {
    let times = 0;
    await expect(
      replayEveryTurn(happy(), function* (context) {
        times += 1;
        yield context.df.callActivity(times % 2 === 1 ? 'openRun' : 'prepareBatches', {});
        yield context.df.callActivity('closeRun', {});
      }),
    ).rejects.toThrow(ReplayDiffers);
  });

  test('finds an orchestrator that is another one than the one that was recorded', async () => {
    await expect(
      replayEveryTurn(happy(), function* (context) {
        yield context.df.callActivity('somethingElse', {});
      }),
    ).rejects.toThrow('"activity somethingElse" is scheduled, but not recorded');
  });

  test('finds a timer that is set to another moment', async () => {
    const history = happy().map((one) => (one.EventType === 10 ? { ...one, FireAt: at(1) } : one));
    await expect(replayEveryTurn(history, exportRun)).rejects.toThrow(ReplayDiffers);
  });
});
