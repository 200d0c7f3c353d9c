// What operators are told of the timer: what each tick came to, and once an hour how old the data of each segment is.
import type { ImportRecord } from '../../shared/runs/import-record';
import { anExport, aRun } from '../runs/support/fixtures';
import { makeTimerWorld, settle, type TimerWorld } from './support/timer-world';

const toldOf = (app: TimerWorld, event: string) =>
  app.logged.events.filter((one) => one.event === event).map(({ dimensions }) => dimensions);

const quiet = {
  exports: 1,
  started: 0,
  failed: 0,
  requestsUsedToday: 7,
  requestsLeftToday: 93,
  oldestOpenJobSeconds: 0,
  milliseconds: 0,
};

async function startKnown() {
  const app = makeTimerWorld();
  await app.exports.create(anExport());
  app.write('p1');
  await app.tick();
  app.time.advance(1_000);
  app.logged.events.length = 0;
  return app;
}

describe('an export', () => {
  test('that fails is told of once an hour, with the run that failed and why, until a run ends well', async () => {
    const app = await startKnown();
    const failed = aRun({ status: 'Queued', pointers: {} });
    await app.runs.start(failed);
    const reason = { code: 'list-deleted', sentence: 'The list is gone.' };
    await app.end(failed.id, { status: 'Failed', reason });
    // What also goes wrong with it changes nothing.
    app.segments.set('customers', new Error('storage is away'));
    for (let minute = 0; minute <= 3 * 24 * 60; minute += 30) {
      app.time.advance(30 * 60_000);
      await app.tick();
    }
    const told = toldOf(app, 'export.checked');
    expect(told).toHaveLength(72);
    const of = { export: failed.exportId, connection: failed.connectionId };
    const failing = { ...of, outcome: 'failing', run: failed.id, reason: 'list-deleted' };
    expect(new Set(told.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(failing)]));

    const canceled = aRun({ ...failed, id: 'spring-20260401120000-bbbbbbbbbbbb' });
    await app.runs.start(canceled);
    await app.end(canceled.id, { status: 'Canceled' });
    app.time.advance(3_600_000);
    await app.tick();
    expect(toldOf(app, 'export.checked').at(-1)).toEqual(failing);

    const good = aRun({ ...failed, id: 'spring-20260402120000-cccccccccccc' });
    await app.runs.start(good);
    await app.end(good.id);
    app.time.advance(3_600_000);
    await app.tick();
    expect(toldOf(app, 'export.checked').at(-1)).toEqual({ ...of, outcome: 'not-failing' });
  });
});

describe('a tick', () => {
  test('tells that it was there, also when nothing is to be done', async () => {
    const app = await startKnown();
    await app.tick();
    expect(toldOf(app, 'timer.ticked')).toEqual([quiet]);
  });

  test('counts the runs that it started, and the exports that it could not look at', async () => {
    const app = await startKnown();
    await app.exports.create(anExport({ id: 'bad', segments: ['gone'] }));
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    expect(toldOf(app, 'timer.ticked')).toEqual([{ ...quiet, exports: 2, started: 1, failed: 1 }]);
  });

  test('says how long it took', async () => {
    const app = await startKnown();
    app.segments.set('customers', new Error('storage is away'));
    const done = app.tick();
    app.time.advance(1_500);
    await done;
    expect(toldOf(app, 'timer.ticked')).toEqual([{ ...quiet, failed: 1, milliseconds: 1_500 }]);
  });

  test('says for how long the oldest import job of all runs that are on has been open', async () => {
    const app = await startKnown();
    const now = app.clock.now();
    const record = (batch: number, state: ImportRecord['state'], seconds: number): ImportRecord => ({
      batch,
      attempt: 1,
      state,
      tries: 1,
      owner: null,
      until: 0,
      jobId: `job${batch}`,
      acceptedAt: now - seconds * 1000,
      ended: null,
      counters: null,
    });
    await app.exports.create(anExport({ id: 'other' }));
    const other = 'other-20260301120000-bbbbbbbbbbbb';
    const ended = 'spring-20260301110000-cccccccccccc';
    for (const run of [aRun(), aRun({ id: other, exportId: 'other' })]) {
      await app.runs.start(run);
      app.orchestrations.set(run.id, 'on');
    }
    await app.imports.put(aRun().id, undefined, record(1, 'completed', 900));
    await app.imports.put(aRun().id, undefined, record(2, 'open', 60));
    await app.imports.put(other, undefined, record(1, 'open', 240));
    await app.imports.put(ended, undefined, record(1, 'open', 5_000));
    await app.tick();
    expect(toldOf(app, 'timer.ticked')).toEqual([{ ...quiet, exports: 2, oldestOpenJobSeconds: 240 }]);
  });
});

describe('the age of a segment', () => {
  test('is told once an hour, without what is usual as long as too few changes were seen', async () => {
    const app = makeTimerWorld();
    await app.exports.create(anExport());
    app.write('p1');
    for (const minutes of [0, 30, 29, 1]) {
      app.time.advance(minutes * 60_000);
      await app.tick();
    }
    expect(toldOf(app, 'segment.checked')).toEqual([
      { segment: 'customers', ageSeconds: 0 },
      { segment: 'customers', ageSeconds: 3_600 },
    ]);
  });

  test('comes with the longest of its usual intervals, however many instances have seen the changes', async () => {
    const app = await startKnown();
    for (const [index, hours] of [2, 3, 2].entries()) {
      app.time.advance(hours * 3_600_000);
      app.write(`q${index}`);
      await app.instance()(app.runner);
    }
    app.time.advance(4 * 3_600_000);
    await app.tick();
    expect(toldOf(app, 'segment.checked').at(-1)).toEqual({
      segment: 'customers',
      ageSeconds: 4 * 3_600,
      usualSeconds: 3 * 3_600,
    });
  });
});
