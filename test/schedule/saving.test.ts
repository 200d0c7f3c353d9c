// Saving an export never runs it: its data of that moment counts as known, and only a later change starts a run.
import type { Export } from '../../shared/exports/export';
import type { RefreshSchedule } from '../../shared/schedule/schedule';
import { anExport, aRun, noon } from '../runs/support/fixtures';
import { makeTimerWorld, settle } from './support/timer-world';

const at = (milliseconds: number) => new Date(noon + milliseconds).toISOString();

/** An export whose data was written, read by a run, and has changed since; nobody has ticked. */
async function world(change: Partial<Export> = {}) {
  const app = makeTimerWorld();
  await app.exports.create(anExport({ knownSince: at(0), scheduledSince: at(0), ...change }));
  app.write('p1');
  await app.runs.know('spring', at(0), { customers: 'p1' });
  app.time.advance(60_000);
  await app.tick();
  app.time.advance(60_000);
  app.write('p2');
  app.write('v2', 'vips');
  app.time.advance(60_000);
  return {
    ...app,
    /** Enough ticks for anything that has changed to start a run. */
    async ticks() {
      for (let minutes = 0; minutes <= 2 * (settle / 60_000); minutes++) {
        await app.tick();
        app.time.advance(60_000);
      }
      return (await app.runsStarted()).map(({ pointers }) => pointers);
    },
  };
}

test('without a save, the changed data starts a run', async () => {
  const app = await world();
  expect(await app.ticks()).toEqual([{ customers: 'p2' }]);
});

describe.each([
  ['by the route that saves', false],
  ['by the next tick, when the route dies', true],
])('data is taken as known %s', (_name, dies) => {
  test.each<[string, Partial<Export>, Partial<Export>]>([
    ['after any save', {}, { name: 'Another name' }],
    ['when a segment is added', {}, { segments: ['customers', 'vips'] }],
    ['when a connection is attached', { connectionId: null }, { connectionId: 'main' }],
    [
      'when the schedule is switched on',
      { schedule: { kind: 'off' } },
      { schedule: { kind: 'with-refresh' } },
    ],
  ])('%s, and later data starts a run', async (_when, before, change) => {
    const app = await world(before);
    const { segments } = await app.save('spring', change, { dies });
    app.time.advance(1_000);
    expect(await app.ticks()).toEqual([]);
    app.write('new', segments.at(-1));
    const expected = { customers: 'p2', [segments.at(-1)!]: 'new' };
    expect(await app.ticks()).toEqual([expected]);
  });

  test('but not what changes between the save and the next tick', async () => {
    const app = await world();
    await app.save('spring', { name: 'Another name' }, { dies });
    app.time.advance(1_000);
    app.write('p3');
    expect(await app.ticks()).toEqual([{ customers: 'p3' }]);
  });

  test('while a run is on that has read older data', async () => {
    const app = await world();
    await app.runs.start(aRun({ status: 'Processing', pointers: { customers: 'p1' } }));
    app.orchestrations.set(aRun().id, 'on');
    await app.save('spring', {}, { dies });
    app.time.advance(1_000);
    await app.tick();
    await app.end(aRun().id);
    expect(await app.ticks()).toEqual([]);
  });
});

test('what a run by hand has read after a save that died is not sent again', async () => {
  const app = await world();
  await app.save('spring', {}, { dies: true });
  app.time.advance(1_000);
  app.write('p3');
  await app.runs.start(aRun({ status: 'Processing', pointers: {} }));
  await app.end(aRun().id, { pointers: { customers: 'p3' } });
  expect(await app.ticks()).toEqual([]);
});

test('a segment that cannot be looked at does not keep an export from being saved', async () => {
  const app = await world();
  await app.save('spring', { segments: ['customers', 'later'] });
  expect(app.logged.events).toContainEqual({
    level: 'warn',
    event: 'schedule.known-later',
    dimensions: { export: 'spring', code: 'segment-unknown' },
  });
  app.time.advance(1_000);
  expect(await app.ticks()).toEqual([]);
  app.write('l1', 'later');
  expect(await app.ticks()).toEqual([{ customers: 'p2', later: 'l1' }]);
});

test.each<[string, RefreshSchedule]>([
  ['off', { kind: 'off' }],
  ['at times', { kind: 'times', times: ['03:00'], days: null, timeZone: 'UTC' }],
])(
  'when the refresh was %s and is switched to new data, data of before starts no run',
  async (_name, refresh) => {
    const app = await world();
    await app.setRefresh(refresh);
    app.time.advance(1_000);
    expect(await app.ticks()).toEqual([]);
    await app.setRefresh({ kind: 'new-data' });
    app.time.advance(1_000);
    expect(await app.ticks()).toEqual([]);
    app.write('p3');
    expect(await app.ticks()).toEqual([{ customers: 'p3' }]);
  },
);

test('a file that is taken away counts from the moment at which that is seen, as it leaves no time behind', async () => {
  const app = await world();
  const before = app.segments.get('customers') as { pointer: string; changedAt: string };
  await app.save('spring', {});
  app.time.advance(10 * settle);
  await app.tick();
  app.segments.set('customers', { pointer: 'p2 without a file', changedAt: before.changedAt });
  await app.tick();
  app.time.advance(settle - 1);
  await app.tick();
  expect(app.started).toEqual([]);
  app.time.advance(1);
  await app.tick();
  expect(await app.runsStarted()).toMatchObject([{ pointers: { customers: 'p2 without a file' } }]);
});
