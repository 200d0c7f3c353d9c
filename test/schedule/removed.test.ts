// An export that is removed leaves nothing behind: neither what its schedule remembered nor its lock, unless a run of it is kept.
import type { ExportSchedule } from '../../shared/schedule/schedule';
import { anExport, aRun, noon } from '../runs/support/fixtures';
import type { makeMemoryTable } from '../support/memory-tables';
import { makeTimerWorld } from './support/timer-world';

const since = new Date(noon).toISOString();
const made = anExport({ knownSince: since, scheduledSince: since });

/** An export that was saved as a route does it. */
async function saved() {
  const app = makeTimerWorld();
  app.write('p1');
  await app.exports.create(made);
  await app.takeAsKnown(made);
  const remove = async () => app.exports.remove('spring', (await app.exports.get('spring'))!.etag);
  const rows = () =>
    [app.tables.exports, app.tables.runs, app.tables.schedule].flatMap((table) => [
      ...(table as ReturnType<typeof makeMemoryTable>).dump().keys(),
    ]);
  return { ...app, remove, ofExport: () => rows().filter((key) => key.includes('spring')) };
}

test.each(['before the first tick', 'after it'])(
  'an export that never ran goes whole, removed %s',
  async (when) => {
    const app = await saved();
    if (when === 'after it') await app.tick();
    expect(app.ofExport()).toContain('spring/lock');
    expect(await app.remove()).toBe(true);
    await app.tick();
    expect(app.ofExport()).toEqual([]);
  },
);

test('the lock of one that has run stays with its runs', async () => {
  const app = await saved();
  await app.runs.start(aRun({ status: 'Queued' }));
  await app.end(aRun().id);
  await app.remove();
  await app.tick();
  expect(app.ofExport()).toContain('spring/lock');
  expect(app.ofExport()).not.toContain('export/spring');
});

test('what a save takes as known after the export was removed goes as well', async () => {
  const app = await saved();
  await app.remove();
  await app.tick();
  await app.takeAsKnown(made);
  await app.tick();
  expect(app.ofExport()).toEqual([]);
});

test('a due time between a save and the first tick is not lost by another save', async () => {
  const app = makeTimerWorld();
  const schedule: ExportSchedule = { kind: 'times', times: ['12:10'], days: null, timeZone: 'UTC' };
  await app.exports.create({ ...made, schedule });
  app.time.advance(20 * 60_000);
  await app.save('spring', { name: 'Another name' });
  await app.tick();
  expect(app.started).toHaveLength(1);
});
