// Runs that ended long ago: they go with all that they left, little by little, and the last one of each export stays.
import { makeRemoveOldRuns } from '../../shared/runs/retention';
import { newRunId, type Run } from '../../shared/runs/run';
import type { RunStore } from '../../shared/runs/run-store';
import { makeExportStore } from '../../shared/exports/export-store';
import { makeMemoryTable } from '../support/memory-tables';
import { anExport, aRun, noon } from './support/fixtures';
import { makePreparedRun } from './support/prepared-run';

const day = 86_400_000;
const keep = 90 * day;

async function start() {
  const app = await makePreparedRun();
  // Only the runs of this test.
  await app.runs.finish((await app.run()).id, (run) => ({ ...run, status: 'Failed' }));
  await app.runs.remove(await app.run());
  await app.files.removeAll('');
  const exports = makeExportStore(makeMemoryTable());
  const forgotten: string[] = [];
  const { runs, imports, files, clock, log } = app.deps;
  const parts = { exports, imports, files, table: app.tables.runs, clock, log, keep };
  return {
    ...app,
    exports,
    forgotten,
    tick: (
      forget: (id: string) => Promise<void> = (id) => Promise.resolve(void forgotten.push(id)),
      store: RunStore = runs,
    ) => makeRemoveOldRuns({ ...parts, runs: store })(forget),
    /** A run that began then, and ended at once, unless told otherwise. */
    async ran(daysAgo: number, change: Partial<Run> = {}): Promise<string> {
      const { exportId = 'spring' } = change;
      const at = new Date(clock.now() - daysAgo * day);
      const [id, createdAt] = [newRunId(exportId, at), at.toISOString()];
      await runs.start(aRun({ id, exportId, createdAt, status: 'Queued' }));
      if (change.status !== 'Processing')
        await runs.finish(id, (run) => ({ ...run, status: 'Successful', endedAt: createdAt, ...change }));
      await files.write(`${id}/report.json`, '{}', 'application/json');
      return id;
    },
    left: async () => (await runs.page({ limit: 1_000 })).rows.map(({ value }) => value.id),
    runsWithFiles: () => app.files.names().map((name) => name.split('/')[0]),
  };
}

test('a run goes with its files, its history and whatever lists it; younger ones stay', async () => {
  const app = await start();
  await app.exports.create(anExport());
  const old = await app.ran(91);
  const young = await app.ran(89);
  await app.tick();
  expect(await app.left()).toEqual([young]);
  expect(await app.runs.get(old)).toBeUndefined();
  expect(app.runsWithFiles()).toEqual([young]);
  expect(app.forgotten).toEqual([old]);
  expect([...app.tables.runs.dump().keys()].filter((key) => key.includes(old.slice(-12)))).toEqual([]);
  expect(app.logged.events.at(-1)).toEqual({ level: 'info', event: 'run.removed', dimensions: { runs: 1 } });
});

test('it counts from the end of the run, not from its beginning', async () => {
  const app = await start();
  await app.exports.create(anExport());
  const id = await app.ran(91, { endedAt: new Date(noon - 89 * day).toISOString() });
  await app.ran(1);
  await app.tick();
  expect(await app.left()).toContain(id);
});

test('the last run of an export stays, however old; that of an export that is gone goes, and its lock with it', async () => {
  const app = await start();
  await app.exports.create(anExport());
  const last = await app.ran(400);
  await app.ran(400, { exportId: 'gone' });
  await app.ran(500, { exportId: 'gone' });
  await app.tick();
  await app.tick();
  expect(await app.left()).toEqual([last]);
  const rows = [...app.tables.runs.dump().keys()];
  expect(rows.filter((key) => key.startsWith('gone/'))).toEqual([]);
  expect(rows).toContain('spring/lock');
});

test('the lock of an export that is gone goes also when the process dies at any of the last steps', async () => {
  for (const step of ['forget', 'remove'] as const) {
    const app = await start();
    await app.ran(400, { exportId: 'gone' });
    let dies = true;
    await app.tick(undefined, {
      ...app.runs,
      [step]: (...args: never[]) => {
        if (!dies) return (app.runs[step] as (...given: never[]) => Promise<unknown>)(...args);
        dies = false;
        return Promise.reject(new Error('killed'));
      },
    });
    expect(dies).toBe(false);
    await app.tick();
    const rows = [...app.tables.runs.dump().keys()];
    expect(rows.filter((key) => key.startsWith('gone/'))).toEqual([]);
  }
});

test('a run that is on stays, however old', async () => {
  const app = await start();
  const id = await app.ran(400, { status: 'Processing' });
  await app.tick();
  expect(await app.left()).toEqual([id]);
  expect(await app.runs.lock('spring')).toMatchObject({ runId: id });
});

test('one tick looks at a bounded number, and the next goes on; those that stay are in nobody’s way', async () => {
  const app = await start();
  // The newest of the old ones are the last runs of their exports.
  for (let index = 0; index < 60; index++) {
    await app.exports.create(anExport({ id: `export${index}` }));
    await app.ran(100, { exportId: `export${index}` });
  }
  await app.exports.create(anExport());
  const old = [await app.ran(120), await app.ran(119)];
  const last = await app.ran(110);
  await app.tick();
  expect(app.forgotten).toEqual([]);
  await app.tick();
  expect(app.forgotten.toSorted()).toEqual(old.toSorted());
  expect(await app.left()).toContain(last);
  // Then it begins anew.
  expect([...app.tables.runs.dump().keys()].filter((key) => key.startsWith('old-runs/'))).toEqual([]);
  app.time.advance(20 * day);
  await app.ran(0);
  await app.tick();
  await app.tick();
  expect(app.forgotten).toContain(last);
});

test('what fails keeps no other run, and is done at the next round', async () => {
  const app = await start();
  await app.exports.create(anExport());
  const [first, second] = [await app.ran(100), await app.ran(99)];
  await app.ran(1);
  await app.tick((id) => (id === first ? Promise.reject(new Error('away')) : Promise.resolve()));
  expect(await app.runs.get(second)).toBeUndefined();
  expect(await app.runs.get(first)).toBeDefined();
  expect(app.logged.events.map(({ event }) => event)).toContain('run.not-removed');
  await app.tick();
  expect(await app.runs.get(first)).toBeUndefined();
});

test('the lock of an export that is gone goes also when the removal of its last run died half way', async () => {
  const app = await start();
  await app.ran(400, { exportId: 'gone' });
  const { remove } = app.deps.runs;
  const dying = jest.spyOn(app.deps.runs, 'remove').mockImplementation(async (run) => {
    await remove(run);
    throw new Error('the worker is gone');
  });
  await app.tick();
  dying.mockRestore();
  await app.tick();
  expect([...app.tables.runs.dump().keys()].filter((key) => key.includes('gone'))).toEqual([]);
});

test('a removal that died half way is finished', async () => {
  const app = await start();
  await app.exports.create(anExport());
  const old = await app.ran(100);
  await app.ran(1);
  // Its row is gone, and it is listed still.
  const row = [...app.tables.runs.dump().keys()].find(
    (key) => key.startsWith('spring/run-') && key.endsWith(old.slice(-12)),
  )!;
  await app.tables.runs.remove('spring', row.slice('spring/'.length));
  await app.tick();
  expect([...app.tables.runs.dump().keys()].filter((key) => key.includes(old.slice(-12)))).toEqual([]);
});
