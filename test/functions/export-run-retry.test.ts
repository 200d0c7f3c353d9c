// The orchestration of a run that failed for a cause that passes: it goes on, and does nothing twice.
import { exportRun } from '../../functions/orchestrators/export-run';
import {
  stepOrchestrator,
  startTime,
  type Answers,
  type Script,
  type Stepped,
} from '../support/step-orchestrator';

const runId = 'spring-20260301115900-abcdefghij23';
const input = { runId, concurrency: 2, pollFirst: 5_000, pollLongest: 60_000, requestsPerSecond: 4 };
const opened = { kind: 'opened' };
const sent = { kind: 'sent' };
const stopped = { kind: 'stopped' };
const closed = { kind: 'closed' };
const looked = (open = 0, again: object[] = []) => ({ kind: 'looked', open, again });
const prepared = (...waves: number[]) => ({ kind: 'prepared', waves, contacts: 100 });
const retry = (minutes: number) => ({ kind: 'retry', until: startTime + minutes * 60_000 });

const run = (answers: Record<string, Answers>, wait?: Script['wait']): Stepped =>
  stepOrchestrator(exportRun, {
    input,
    answers: {
      openRun: () => opened,
      prepareBatches: () => prepared(2),
      importBatch: () => sent,
      awaitImports: () => looked(),
      ...answers,
    },
    ...(wait ? { wait } : {}),
  });

/** What was scheduled, with the number of the try. */
const story = ({ actions }: Stepped) =>
  actions.map((action) => {
    if (action.kind === 'timer') return action.canceled ? 'timer canceled' : 'timer';
    const { round, batch, attempt, reason, tries } = action.input as Record<
      string,
      string | number | undefined
    >;
    const about = batch === undefined ? (round ?? reason) : `${batch}/${attempt}`;
    return [action.name, about, tries === undefined ? undefined : `try ${tries}`]
      .filter((part) => part !== undefined)
      .join(' ');
  });

test('what was accepted before is not sent again, and what was not is', () => {
  const stepped = run({
    importBatch: ({ input: given, call }) =>
      (given as { batch: number }).batch === 2 && call <= 2 ? stopped : sent,
    closeRun: [retry(15), closed],
  });
  expect(story(stepped)).toEqual([
    'openRun 1 try 0',
    'prepareBatches 1 try 0',
    'importBatch 1/1',
    'importBatch 2/1',
    'awaitImports',
    'closeRun done try 0',
    'timer',
    'openRun 2 try 1',
    'prepareBatches 2 try 1',
    'importBatch 2/1',
    'timer',
    'awaitImports',
    'closeRun done try 1',
  ]);
  expect(stepped.error).toBeUndefined();
});

test('waves that were through are not looked at again', () => {
  const stepped = run({
    prepareBatches: () => prepared(1, 1),
    importBatch: ({ call }) => (call === 2 ? stopped : sent),
    closeRun: [retry(15), closed],
  });
  const batches = story(stepped).filter((line) => line.startsWith('importBatch'));
  expect(batches).toEqual(['importBatch 1/1', 'importBatch 2/1', 'importBatch 2/1']);
  expect(stepped.statuses.at(-1)).toMatchObject({ batches: { total: 2, sent: 2, done: 2 } });
});

test('an activity that fails for good is a cause that may pass: the run goes on where it was', () => {
  const stepped = run({
    awaitImports: ({ call }) => (call === 1 ? new Error('storage is away') : looked()),
    closeRun: [retry(15), closed],
  });
  expect(story(stepped)).toEqual([
    'openRun 1 try 0',
    'prepareBatches 1 try 0',
    'importBatch 1/1',
    'importBatch 2/1',
    'timer',
    'awaitImports',
    'closeRun broken try 0',
    'timer',
    'openRun 2 try 1',
    'prepareBatches 2 try 1',
    'timer',
    'awaitImports',
    'closeRun done try 1',
  ]);
});

test('it waits until the moment that closing names, as often as it says so, and shows for how long', () => {
  const stepped = run({
    openRun: ({ call }) => (call < 4 ? stopped : opened),
    closeRun: [retry(15), retry(75), retry(315), closed],
  });
  const waits = stepped.actions.flatMap((action) => (action.kind === 'timer' ? [action.until] : []));
  expect(waits.slice(0, 3)).toEqual([15, 75, 315].map((minutes) => startTime + minutes * 60_000));
  expect(stepped.statuses).toContainEqual(
    expect.objectContaining({ phase: 'retrying', waitingUntil: '2026-03-01T12:15:00.000Z' }),
  );
  const last = stepped.statuses.at(-1) as { phases: { phase: string; seconds: number }[] };
  expect(last).not.toHaveProperty('waitingUntil');
  const retrying = last.phases.find(({ phase }) => phase === 'retrying');
  // All of it but what opening and closing took in between.
  expect(retrying?.seconds).toBeGreaterThan(314 * 60);
  expect(retrying?.seconds).toBeLessThan(315 * 60);
});

test('every round of every try has a plan of its own, and three are tried each time', () => {
  const changed = { kind: 'changed' };
  const stepped = run({
    openRun: ({ call }) => (call <= 4 ? changed : opened),
    closeRun: [retry(15), closed],
  });
  const rounds = story(stepped).filter((line) => line.startsWith('openRun'));
  expect(rounds).toEqual([
    'openRun 1 try 0',
    'openRun 2 try 0',
    'openRun 3 try 0',
    'openRun 4 try 1',
    'openRun 5 try 1',
  ]);
});

test('a cancel ends the waiting at once', () => {
  const stepped = run({ openRun: () => stopped, closeRun: [retry(240), closed] }, () => 'cancel');
  expect(story(stepped)).toEqual([
    'openRun 1 try 0',
    'closeRun done try 0',
    'timer canceled',
    'openRun 2 try 1',
    'closeRun done try 1',
  ]);
});

test('closing learns how long each phase took, and how many requests were made', () => {
  const stepped = run({
    openRun: [{ ...opened, requests: 2 }],
    importBatch: () => ({ ...sent, requests: 1 }),
    awaitImports: [
      { ...looked(1), requests: 1 },
      { ...looked(), requests: 3 },
    ],
    closeRun: [closed],
  });
  const { input: closing } = stepped.actions.findLast((action) => action.kind === 'activity')!;
  const at = (seconds: number) => new Date(startTime + seconds * 1000).toISOString();
  expect(closing).toMatchObject({
    requests: 8,
    phases: [
      { phase: 'opening', startedAt: at(0), seconds: 1 },
      { phase: 'preparing', startedAt: at(1), seconds: 1 },
      { phase: 'sending', startedAt: at(2), seconds: 1 },
      { phase: 'waiting', startedAt: at(3), seconds: 17 },
    ],
  });
});

test('a closing step of before, which answered nothing, has closed the run', () => {
  const stepped = run({ closeRun: [null] });
  expect(stepped.error).toBeUndefined();
  expect(story(stepped).filter((line) => line.startsWith('closeRun'))).toEqual(['closeRun done try 0']);
});
