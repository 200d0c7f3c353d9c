// One tick of the timer, with orchestrations and segments that a test moves by hand.
import fc from 'fast-check';
import type { Export } from '../../shared/exports/export';
import { isOver } from '../../shared/runs/run';
import { anExport, aRun } from '../runs/support/fixtures';
import { makeTimerWorld, settle } from './support/timer-world';

async function start(...exportsWanted: readonly Partial<Export>[]) {
  const app = makeTimerWorld();
  for (const wanted of exportsWanted.length > 0 ? exportsWanted : [{}])
    await app.exports.create(anExport(wanted));
  return app;
}

/** An export whose data of today is known. */
async function startKnown(...exportsWanted: readonly Partial<Export>[]) {
  const app = await start(...exportsWanted);
  app.write('p1');
  await app.tick();
  app.time.advance(1_000);
  app.looks.length = 0;
  return app;
}

describe('an export that has never run', () => {
  test('is not started by the data that is there already', async () => {
    const app = await start();
    app.write('p1');
    app.time.advance(settle * 10);
    await app.tick();
    await app.tick();
    expect(app.started).toEqual([]);
    expect(await app.runs.lock('spring')).toMatchObject({ runId: null, pointers: { customers: 'p1' } });
  });

  test('is started by the next data', async () => {
    const app = await startKnown();
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    expect(app.started).toHaveLength(1);
  });
});

describe('new data', () => {
  test('starts a run of the export once it has settled, and says what it is for', async () => {
    const app = await startKnown();
    app.time.advance(1_000_000);
    app.write('p2');
    app.time.advance(settle - 1);
    await app.tick();
    expect(app.started).toEqual([]);
    app.time.advance(1);
    await app.tick();
    const [runId] = app.started as [string];
    expect(await app.runs.get(runId)).toMatchObject({
      exportId: 'spring',
      trigger: { kind: 'new-data' },
      status: 'Queued',
      pointers: { customers: 'p2' },
    });
  });

  test('starts one run when the timer fires twice, one after the other or at once', async () => {
    const app = await startKnown();
    app.write('p2');
    app.time.advance(settle);
    await Promise.all([app.tick(), app.tick(), app.tick()]);
    await app.tick();
    expect(new Set(app.started).size).toBe(1);
  });

  test('starts no second run once the first has ended, however it ended', async () => {
    const app = await startKnown();
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    await app.end(app.started[0]!, { status: 'Failed' });
    await app.tick();
    expect(app.started).toHaveLength(1);
  });

  test('is not started for data of which nothing was known before a first run that never looked at it', async () => {
    const app = await start();
    await app.runs.start(aRun({ status: 'Queued', pointers: {} }));
    await app.end(aRun().id, { status: 'Canceled' });
    app.write('p1');
    app.time.advance(settle);
    await app.tick();
    expect(app.started).toEqual([]);
  });

  test('stays due while a run is on, and what came meanwhile becomes one run', async () => {
    const app = await startKnown();
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    for (const pointer of ['p3', 'p4']) {
      app.write(pointer);
      app.time.advance(settle);
      await app.tick();
    }
    expect(app.started).toHaveLength(1);
    await app.end(app.started[0]!);
    await app.tick();
    expect(app.started).toHaveLength(2);
    expect(await app.runs.get(app.started[1]!)).toMatchObject({ pointers: { customers: 'p4' } });
    await app.end(app.started[1]!);
    await app.tick();
    expect(app.started).toHaveLength(2);
  });

  test('that a run by hand has sent already starts none', async () => {
    const app = await startKnown();
    app.write('p2');
    app.time.advance(settle);
    const byHand = 'spring-20260301120000-bbbbbbbbbbbb';
    await app.runs.start(aRun({ id: byHand, status: 'Queued' }));
    app.orchestrations.set(byHand, 'on');
    await app.tick();
    await app.end(byHand, { pointers: { customers: 'p2' } });
    await app.tick();
    expect(app.started).toEqual([]);
  });

  test('of one of two segments waits for the other while that is being written', async () => {
    const app = await start({ segments: ['customers', 'vips'] });
    app.write('p1');
    app.write('v1', 'vips');
    await app.tick();
    app.time.advance(1_000);
    app.write('p2');
    app.time.advance(settle - 1);
    app.write('v2', 'vips');
    app.time.advance(settle - 1);
    await app.tick();
    expect(app.started).toEqual([]);
    app.time.advance(1);
    await app.tick();
    expect(app.started).toHaveLength(1);
  });

  test('does not start an export without a connection', async () => {
    const app = await startKnown({ connectionId: null });
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    expect(app.started).toEqual([]);
    expect(app.looks).toEqual([]);
  });

  test('is looked for once a tick in each segment, however many exports use it', async () => {
    const app = await startKnown({ id: 'one' }, { id: 'two' }, { id: 'three' });
    await app.tick();
    expect(app.looks).toEqual(['customers']);
  });

  test('starts every export that uses the segment', async () => {
    const app = await startKnown({ id: 'one' }, { id: 'two' });
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    expect(app.started.map((runId) => runId.split('-')[0]).sort()).toEqual(['one', 'two']);
  });
});

describe('a segment at fault', () => {
  test('does not keep other exports from running, and is told in the log by its code', async () => {
    const app = await startKnown({ id: 'bad', segments: ['gone'] }, { id: 'good' });
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    expect(app.started.map((runId) => runId.split('-')[0])).toEqual(['good']);
    expect(app.logged.events).toContainEqual({
      level: 'warn',
      event: 'schedule.export-failed',
      dimensions: { export: 'bad', code: 'segment-unknown' },
    });
  });

  test('of an error without a code is told by its class: messages stay out of the log', async () => {
    const app = await start();
    app.segments.set('customers', new Error('secret@example.com'));
    await app.tick();
    expect(app.logged.events.filter(({ level }) => level !== 'info')).toEqual([
      { level: 'warn', event: 'schedule.export-failed', dimensions: { export: 'spring', code: 'Error' } },
    ]);
    expect(app.logged.text()).not.toContain('secret@example.com');
  });

  test('is looked at again at the next tick', async () => {
    const app = await startKnown();
    app.write('p2');
    app.time.advance(settle);
    const state = app.segments.get('customers')!;
    app.segments.set('customers', new Error('storage is away'));
    await app.tick();
    app.segments.set('customers', state);
    await app.tick();
    expect(app.started).toHaveLength(1);
  });
});

describe('what a crash left behind', () => {
  const runId = 'spring-20260301120000-bbbbbbbbbbbb';
  const leave = async (app: Awaited<ReturnType<typeof start>>, status: 'Queued' | 'Processing') => {
    await app.runs.start(aRun({ id: runId, status }));
  };

  test('a run that was locked, but whose orchestration never started, is started', async () => {
    const app = await startKnown();
    await leave(app, 'Queued');
    await app.tick();
    expect(app.started).toEqual([runId]);
    expect(app.closed).toEqual([]);
    expect(app.logged.events).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'run.started-late' }),
    );
    // It is on now: the next tick leaves it alone.
    await app.tick();
    expect(app.started).toEqual([runId]);
  });

  test.each(['Queued', 'Processing'] as const)(
    'a run that is %s, but whose orchestration has ended, is closed, and its export is free',
    async (status) => {
      const app = await startKnown();
      await leave(app, status);
      app.orchestrations.set(runId, 'over');
      await app.tick();
      expect(app.closed).toEqual([{ runId, reason: 'broken' }]);
      expect(await app.runs.lock('spring')).toMatchObject({ runId: null });
      expect(app.logged.events).toContainEqual(
        expect.objectContaining({ level: 'error', event: 'run.closed-late' }),
      );
    },
  );

  test('a run that was going on, and whose orchestration is gone, is closed', async () => {
    const app = await startKnown();
    await leave(app, 'Processing');
    await app.tick();
    expect(app.closed).toEqual([{ runId, reason: 'broken' }]);
    expect(app.started).toEqual([]);
  });

  test('a run that is on is left alone', async () => {
    const app = await startKnown();
    await leave(app, 'Processing');
    app.orchestrations.set(runId, 'on');
    await app.tick();
    expect(app.closed).toEqual([]);
    expect(app.started).toEqual([]);
  });

  test.each<['over' | 'absent', 'Queued' | 'Processing']>([
    ['over', 'Processing'],
    ['absent', 'Processing'],
    ['absent', 'Queued'],
  ])('a run that ends while the timer looks, and is %s then, is no fault', async (seen, status) => {
    const app = await startKnown();
    await leave(app, status);
    const late = app.instance();
    await late({
      ...app.runner,
      async look() {
        await app.end(runId);
        return { state: seen };
      },
    });
    expect(app.closed).toEqual([]);
    expect(app.started).toEqual([]);
    expect(app.logged.events.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(await app.runs.lock('spring')).toMatchObject({ runId: null });
  });

  test('a run that is started by whoever asked for it, right after the timer found no orchestration, is left alone', async () => {
    const app = await startKnown();
    await leave(app, 'Queued');
    const late = app.instance();
    await late({
      ...app.runner,
      async look() {
        app.orchestrations.set(runId, 'on');
        await app.runs.update(runId, (run) => ({ ...run, status: 'Processing' }));
        return { state: 'absent' };
      },
    });
    expect(app.closed).toEqual([]);
    expect(app.started).toEqual([]);
    expect(await app.runs.lock('spring')).toMatchObject({ runId });
  });

  test('is repaired also for an export that has lost its connection or its segment', async () => {
    const app = await start({ connectionId: null, segments: ['gone'] });
    await leave(app, 'Processing');
    await app.tick();
    expect(app.closed).toHaveLength(1);
  });

  test('does not keep new data from starting a run in the same tick', async () => {
    const app = await startKnown();
    await leave(app, 'Processing');
    app.write('p2');
    app.time.advance(settle);
    await app.tick();
    expect(app.closed).toHaveLength(1);
    expect(app.started).toHaveLength(1);
  });
});

test('whatever happens in whatever order, no data is sent twice by the timer, and in the end the last data is', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const) }),
    fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 2 * settle }) }),
    fc.record({ kind: fc.constant('tick' as const), times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('end' as const) }),
    fc.record({ kind: fc.constant('crash' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const app = await startKnown();
      let version = 1;
      const on = () => [...app.orchestrations].find(([, state]) => state === 'on')?.[0];
      for (const one of steps) {
        if (one.kind === 'write') app.write(`p${(version += 1)}`);
        else if (one.kind === 'wait') app.time.advance(one.milliseconds);
        else if (one.kind === 'tick') await Promise.all(Array.from({ length: one.times }, () => app.tick()));
        else {
          const runId = on();
          if (runId && one.kind === 'end') await app.end(runId);
          // The orchestration is gone, and its run was never closed.
          if (runId && one.kind === 'crash') app.orchestrations.set(runId, 'over');
        }
      }
      for (let round = 0; round < 3; round++) {
        app.time.advance(settle);
        await app.tick();
        const runId = on();
        if (runId) await app.end(runId);
      }
      const all = await Promise.all([...new Set(app.started)].map((runId) => app.runs.get(runId)));
      const sent = all.map((run) => run!.pointers['customers']);
      expect(new Set(sent).size).toBe(sent.length);
      expect(all.every((run) => isOver(run!.status))).toBe(true);
      expect(sent.at(-1)).toBe(version === 1 ? undefined : `p${version}`);
      expect(await app.runs.lock('spring')).toMatchObject({
        runId: null,
        pointers: { customers: `p${version}` },
      });
    }),
    { numRuns: 60 },
  );
});
