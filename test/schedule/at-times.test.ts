// Runs that start because a time has come: the deployment's refresh, or one of the export's own.
import type { Export } from '../../shared/exports/export';
import type { ExportSchedule } from '../../shared/schedule/schedule';
import { anExport, aRun, noon } from '../runs/support/fixtures';
import { makeMemoryTable } from '../support/memory-tables';
import { makeTimerWorld, usuallyMissedAfter, type WorldOptions } from './support/timer-world';

const at = (time: string, day = '2026-03-01') => `${day}T${time}:00.000Z`;
const daily = (...times: string[]) => ({ kind: 'times', times, days: null, timeZone: 'UTC' }) as const;

/** It is noon, and exports with own times begin to count now. */
async function world(schedule: ExportSchedule = daily('12:30'), options: WorldOptions = {}) {
  const app = makeTimerWorld(options);
  const make = (change: Partial<Export> = {}) =>
    app.exports.create(
      anExport({ schedule, knownSince: at('12:00'), scheduledSince: at('12:00'), ...change }),
    );
  await make();
  app.write('p1');
  return {
    ...app,
    make,
    /** Passes the time, and ticks. */
    async tickAt(time: string, day?: string) {
      app.time.advance(Date.parse(at(time, day)) - app.clock.now());
      await app.tick();
    },
    /** Ends the run that was started last. */
    endLast: () => app.end(app.started.at(-1)!),
    triggers: async () => (await app.runsStarted()).map(({ trigger }) => trigger),
  };
}

describe('own times', () => {
  test('start a run each, that names the time', async () => {
    const app = await world(daily('12:30', '15:00'));
    await app.tickAt('12:29');
    expect(app.started).toEqual([]);
    await app.tickAt('12:31');
    await app.endLast();
    await app.tickAt('12:32');
    await app.tickAt('15:00');
    expect(await app.triggers()).toEqual([
      { kind: 'schedule', dueAt: at('12:30'), missedBy: null },
      { kind: 'schedule', dueAt: at('15:00'), missedBy: null },
    ]);
  });

  test('of before the schedule was set start none', async () => {
    const app = await world(daily('11:59', '12:00'));
    await app.tickAt('12:01');
    expect(app.started).toEqual([]);
  });

  test('start none on an export without a connection, nor those that came before it was attached', async () => {
    const app = await world();
    await app.save('spring', { connectionId: null });
    await app.tickAt('12:31');
    await app.save('spring', { connectionId: 'main' });
    await app.tickAt('12:40');
    expect(app.started).toEqual([]);
    await app.tickAt('12:31', '2026-03-02');
    expect(app.started).toHaveLength(1);
  });

  test('start no run for new data', async () => {
    const app = await world();
    await app.tickAt('12:31');
    await app.endLast();
    app.write('p2');
    await app.tickAt('23:00');
    expect(app.started).toHaveLength(1);
  });
});

describe('the refresh', () => {
  test('at times starts every export that runs with it, and no other', async () => {
    const app = await world({ kind: 'with-refresh' });
    await app.make({ id: 'summer' });
    await app.make({ id: 'other', schedule: { kind: 'off' } });
    await app.make({ id: 'own', schedule: daily('18:00') });
    await app.setRefresh(daily('12:30'));
    await app.tickAt('12:30');
    const started = await app.runsStarted();
    expect(started.map(({ exportId }) => exportId).sort()).toEqual(['spring', 'summer']);
    expect(started[0]!.trigger).toEqual({ kind: 'refresh', dueAt: at('12:30'), missedBy: null });
  });

  test('that is off starts nothing', async () => {
    const app = await world({ kind: 'with-refresh' });
    await app.setRefresh({ kind: 'off' });
    app.write('p2');
    await app.tickAt('23:00');
    expect(app.started).toEqual([]);
  });

  test('that is set to what it is skips no time', async () => {
    const app = await world({ kind: 'with-refresh' });
    await app.setRefresh(daily('12:30'));
    await app.tickAt('12:29');
    app.time.advance(90_000);
    await app.setRefresh(daily('12:30'));
    await app.tickAt('12:31');
    expect(app.started).toHaveLength(1);
  });

  test('that is changed to a time of this day starts no run when that time has passed', async () => {
    const app = await world({ kind: 'with-refresh' });
    await app.setRefresh(daily('13:00'));
    await app.tickAt('12:45');
    await app.setRefresh(daily('12:30'));
    await app.tickAt('13:30');
    expect(app.started).toEqual([]);
  });
});

describe('a time that comes while a run is on', () => {
  test('is owed until the export is free, and is not missed', async () => {
    const app = await world(daily('12:30', '12:40'));
    await app.tickAt('12:30');
    await app.tickAt('12:40');
    await app.tickAt('14:00');
    expect(app.started).toHaveLength(1);
    await app.endLast();
    await app.tickAt('14:01');
    expect(await app.triggers()).toEqual([
      { kind: 'schedule', dueAt: at('12:30'), missedBy: null },
      { kind: 'schedule', dueAt: at('12:40'), missedBy: null },
    ]);
    await app.endLast();
    await app.tickAt('14:02');
    expect(app.started).toHaveLength(2);
  });

  test('becomes one run with those that come after it', async () => {
    const app = await world(daily('12:30', '12:40', '12:50', '13:00'));
    await app.tickAt('12:30');
    for (const time of ['12:40', '12:50', '13:00']) await app.tickAt(time);
    await app.endLast();
    await app.tickAt('13:01');
    await app.endLast();
    await app.tickAt('13:02');
    expect(await app.triggers()).toMatchObject([{ dueAt: at('12:30') }, { dueAt: at('12:40') }]);
  });

  test('is still owed when the export was saved with the same schedule', async () => {
    const app = await world(daily('12:30', '12:40'));
    await app.tickAt('12:30');
    await app.tickAt('12:40');
    await app.save('spring', { name: 'Another name', schedule: daily('12:30', '12:40') });
    await app.endLast();
    await app.tickAt('12:50');
    expect(app.started).toHaveLength(2);
  });

  test.each<[string, ExportSchedule]>([
    ['off', { kind: 'off' }],
    ['others', daily('18:00')],
  ])('is no longer owed when the times were changed to %s', async (_name, schedule) => {
    const app = await world(daily('12:30', '12:40'));
    await app.tickAt('12:30');
    await app.tickAt('12:40');
    app.time.advance(1_000);
    await app.save('spring', { schedule });
    await app.endLast();
    await app.tickAt('12:50');
    expect(app.started).toHaveLength(1);
  });
});

describe('a time at which nobody ticks', () => {
  test('starts one run when somebody ticks again, says how late, and is told in the log once', async () => {
    const app = await world(daily('12:30', '12:40', '12:50'));
    await app.tickAt('12:10');
    await app.tickAt('13:30');
    await app.tickAt('13:31');
    await app.endLast();
    await app.tickAt('13:32');
    expect(await app.triggers()).toEqual([{ kind: 'schedule', dueAt: at('12:30'), missedBy: 3_600 }]);
    expect(app.logged.events.filter(({ event }) => event === 'schedule.missed')).toEqual([
      {
        level: 'warn',
        event: 'schedule.missed',
        dimensions: { export: 'spring', trigger: 'schedule', dueAt: at('12:30'), seconds: 3_600 },
      },
    ]);
  });

  test('is missed only when that took longer than a tick or two', async () => {
    const app = await world();
    app.time.advance(30 * 60_000 + usuallyMissedAfter);
    await app.tick();
    expect(await app.triggers()).toMatchObject([{ missedBy: null }]);
  });
});

describe('one run is started', () => {
  test('by many ticks at once, of two instances', async () => {
    const app = await world();
    const other = app.instance();
    app.time.advance(30 * 60_000);
    await Promise.all([app.tick(), other(app.runner), app.tick(), other(app.runner)]);
    await app.tick();
    expect(new Set(app.started).size).toBe(1);
    await app.endLast();
    await other(app.runner);
    expect(new Set(app.started).size).toBe(1);
  });

  test.each(['exports', 'runs', 'schedule'] as const)(
    'also when storage fails, or loses an answer, at any one call of the table %s',
    async (name) => {
      for (const when of ['before', 'after'] as const) {
        for (let failing = 0; ; failing++) {
          let left = Infinity;
          const fail = () => {
            if (left-- === 0) throw new Error('storage is away');
          };
          const tables = {
            exports: makeMemoryTable(name === 'exports' ? { [when]: fail } : {}),
            runs: makeMemoryTable(name === 'runs' ? { [when]: fail } : {}),
            schedule: makeMemoryTable(name === 'schedule' ? { [when]: fail } : {}),
          };
          const app = await world(daily('12:30', '12:40'), { tables });
          await app.tickAt('12:01');
          left = failing;
          app.time.advance(29 * 60_000);
          await app.tick().catch(() => undefined);
          const isOver = left >= 0;
          left = Infinity;
          await app.tick();
          expect(await app.triggers()).toMatchObject([{ dueAt: at('12:30') }]);
          await app.endLast();
          await app.tickAt('12:35');
          expect(new Set(app.started).size).toBe(1);
          await app.tickAt('12:41');
          expect(await app.triggers()).toMatchObject([{ dueAt: at('12:30') }, { dueAt: at('12:40') }]);
          if (isOver) break;
        }
      }
    },
  );

  test('when the host does not take the orchestration at first', async () => {
    const app = await world();
    const { start } = app.runner;
    app.runner.start = () => Promise.reject(new Error('the host is away'));
    await app.tickAt('12:30');
    app.runner.start = start;
    await app.tickAt('12:31');
    await app.tickAt('12:32');
    expect(new Set(app.started).size).toBe(1);
    await app.endLast();
    await app.tickAt('12:33');
    expect(new Set(app.started).size).toBe(1);
  });

  test('for a time that came after the run of an earlier one was started by somebody who died', async () => {
    let dies = false;
    const schedule = makeMemoryTable({
      before(operation) {
        if (dies && operation === 'change') throw new Error('storage is away');
      },
    });
    const tables = { exports: makeMemoryTable(), runs: makeMemoryTable(), schedule };
    const app = await world(daily('12:30', '12:40'), { tables });
    await app.tickAt('12:29');
    // 12:30 is written down as owed, its run is started, and that is not written down.
    const { start } = app.runner;
    app.runner.start = (runId) => {
      dies = true;
      return start(runId);
    };
    await app.tickAt('12:30');
    dies = false;
    app.runner.start = start;
    await app.endLast();
    // Somebody's own run is on when 12:40 comes.
    await app.runs.start(aRun({ id: 'spring-20260301123500-bbbbbbbbbbbb', status: 'Processing' }));
    app.orchestrations.set('spring-20260301123500-bbbbbbbbbbbb', 'on');
    await app.tickAt('12:40');
    await app.end('spring-20260301123500-bbbbbbbbbbbb');
    await app.tickAt('12:41');
    expect(await app.triggers()).toMatchObject([{ dueAt: at('12:30') }, { dueAt: at('12:40') }]);
  });
});

describe('an export that was removed', () => {
  const remove = async (app: Awaited<ReturnType<typeof world>>) => {
    const { etag } = (await app.exports.get('spring'))!;
    expect(await app.exports.remove('spring', etag)).toBe(true);
  };

  test('leaves nothing that the schedule remembers', async () => {
    const app = await world();
    await app.tickAt('12:10');
    expect([...(await app.schedules.states()).keys()]).toEqual(['spring']);
    await remove(app);
    await app.tickAt('12:31');
    expect([...(await app.schedules.states()).keys()]).toEqual([]);
    expect(app.started).toEqual([]);
  });

  test('leaves no run that never ends', async () => {
    const app = await world();
    await app.tickAt('12:30');
    await remove(app);
    app.orchestrations.set(app.started[0]!, 'over');
    await app.tickAt('12:31');
    expect(app.closed).toEqual([{ runId: app.started[0], reason: 'broken' }]);
    await app.tickAt('12:32');
    expect([...(await app.schedules.states()).keys()]).toEqual([]);
  });
});

test('the refresh of a deployment that nobody has touched is new data, and is changed by one at a time', async () => {
  const app = makeTimerWorld();
  const first = await app.refreshSchedule.get();
  expect(first.value).toEqual({ schedule: { kind: 'new-data' }, changedAt: null, changedBy: null });
  const by = { id: 'tenant/person', name: 'Ada' };
  const changes = await Promise.all([
    app.refreshSchedule.change({ kind: 'off' }, first.etag, by),
    app.refreshSchedule.change(daily('03:00'), first.etag, by),
  ]);
  expect(changes.filter((change) => change !== undefined)).toHaveLength(1);
  const stored = await app.refreshSchedule.get();
  expect(stored.value).toMatchObject({ changedAt: new Date(noon).toISOString(), changedBy: by });
  expect(await app.refreshSchedule.change({ kind: 'new-data' }, stored.etag, by)).toMatchObject({
    value: { schedule: { kind: 'new-data' } },
  });
  expect(await app.refreshSchedule.change({ kind: 'new-data' }, stored.etag, by)).toBeUndefined();
});
