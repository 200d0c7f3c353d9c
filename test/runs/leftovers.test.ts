// What stays of a run that is over, and who removes the rest, also when nobody could at first.
import { manifestName } from '../../shared/contacts/manifest';
import { makeCloseRun } from '../../shared/runs/close-run';
import { makeLeftovers } from '../../shared/runs/leftovers';
import { planBlob } from '../../shared/runs/plan';
import { aBatch, aManifest, aRecord, noCounters, runId } from './support/fixtures';
import { late, makePreparedRun, type PreparedRunOptions } from './support/prepared-run';

const folder = `${runId}/`;
const completed = (batch: number) =>
  aRecord(batch, { state: 'completed', ended: 'completed', counters: noCounters });
const kept = ['e1/rejects.csv', 'manifest.json', 'report.json'];

async function start(options: PreparedRunOptions = {}) {
  const app = await makePreparedRun({ records: [completed(1), completed(2)], ...options });
  const { clock } = app.time;
  const { log } = app.logged;
  const leftovers = makeLeftovers({ ...app.deps, table: app.tables.runs, clock, log, late });
  return {
    ...app,
    sweep: () => leftovers.sweep(),
    close: () => makeCloseRun(app.deps)({ runId, reason: 'done' }),
    /** Ends the run, but its files and records cannot be removed. */
    closeWithoutCleaning: () =>
      makeCloseRun({
        ...app.deps,
        leftovers: { ...leftovers, clean: () => Promise.reject(new Error('storage is away')) },
      })({ runId, reason: 'done' }).catch(() => undefined),
    names: () => app.files.names().map((name) => name.slice(folder.length)),
    records: async () => (await app.imports.all(runId)).map(({ value }) => value.batch),
    awaited: () => [...app.tables.runs.dump().keys()].filter((key) => key.startsWith('ending-runs/')),
  };
}

test('a run whose closing failed for good after its final row is cleaned up by the sweep', async () => {
  const app = await start();
  await app.closeWithoutCleaning();
  expect((await app.run()).status).toBe('Successful');
  expect(app.names()).toContain('e1/batch-000001.csv');
  expect(await app.records()).toEqual([1, 2]);
  app.time.advance(late);
  await app.sweep();
  expect(app.names()).toEqual(kept);
  expect(await app.records()).toEqual([]);
  expect(app.awaited()).toEqual([]);
});

test('an export that began to fail is told by the sweep, once, when the closing failed for good before it was told', async () => {
  const app = await start({ records: [] });
  const lock = () => Promise.reject(new Error('storage is away'));
  const closing = makeCloseRun({ ...app.deps, runs: { ...app.runs, lock } })({ runId, reason: 'broken' });
  await expect(closing).rejects.toThrow('storage is away');
  const alerts = () => app.logged.events.filter(({ event }) => event === 'export.failed-for-good');
  await app.sweep();
  expect(alerts()).toEqual([]);
  app.time.advance(late);
  await app.sweep();
  await app.sweep();
  expect(alerts()).toMatchObject([{ level: 'error', dimensions: { run: runId, export: 'spring' } }]);
  expect((await app.runs.lock('spring')).untold).toBeNull();
});

test('what comes late, after a run was closed, goes with the sweep: a plan, messages, batch files, a record', async () => {
  const app = await start();
  await app.close();
  await app.files.write(planBlob(runId, 2), '{}', 'application/json');
  await app.files.write(`${folder}messages/000001-1.json`, '{}', 'application/json');
  await app.files.write(`${folder}e2/batch-0-0001.csv`, 'email', 'text/csv');
  await app.imports.put(runId, undefined, aRecord(1));
  app.time.advance(late);
  await app.sweep();
  expect(app.names()).toEqual(kept);
  expect(await app.records()).toEqual([]);
});

test("a manifest that came when the run had ended without one is nobody's", async () => {
  const app = await start();
  await app.files.removeAll(folder);
  await app.close();
  const batches = [aBatch(1)];
  await app.files.write(manifestName(folder), JSON.stringify(aManifest(batches)), 'application/json');
  await app.files.write(aBatch(1).blob, 'email', 'text/csv');
  app.time.advance(late);
  await app.sweep();
  expect(app.names()).toEqual(['report.json']);
});

test('the files of batches that Constant Contact has not taken stay, as another run can send them', async () => {
  const app = await start({
    batches: [1, 2, 3].map((number) => aBatch(number)),
    records: [completed(1), aRecord(2, { state: 'failed', attempt: 2 })],
  });
  await app.closeWithoutCleaning();
  app.time.advance(late);
  await app.sweep();
  await app.sweep();
  expect(app.names()).toEqual(['e1/batch-000002.csv', 'e1/batch-000003.csv', ...kept]);
});

test('a run is left alone while somebody may still be at work for it', async () => {
  const app = await start();
  await app.close();
  await app.files.write(planBlob(runId, 2), '{}', 'application/json');
  app.time.advance(late - 1);
  await app.sweep();
  expect(app.names()).toContain('plan-2.json');
  app.time.advance(1);
  await app.sweep();
  expect(app.names()).not.toContain('plan-2.json');
});

test('a run that was about to end and did not is left alone, until it has ended', async () => {
  const app = await start();
  await app.deps.leftovers.expect(runId);
  app.time.advance(2 * late);
  await app.sweep();
  expect(await app.records()).toEqual([1, 2]);
  await app.close();
  app.time.advance(late);
  await app.sweep();
  expect(app.awaited()).toEqual([]);
});

test('a run whose row is gone takes everything with it', async () => {
  const app = await start();
  await app.closeWithoutCleaning();
  for (const key of app.tables.runs.dump().keys()) {
    const [partition = '', row = ''] = key.split('/');
    if (row.startsWith('run-')) await app.tables.runs.remove(partition, row);
  }
  app.time.advance(late);
  await app.sweep();
  expect(app.files.names()).toEqual([]);
  expect(await app.records()).toEqual([]);
  expect(app.awaited()).toEqual([]);
});

test('one run that cannot be cleaned keeps no other from it, is told, and has its turn at the next sweep', async () => {
  let isAway = false;
  const app = await start({
    blobs: {
      before: (operation, name) => {
        if (isAway && operation === 'list' && name === folder) throw new Error('storage is away');
      },
    },
  });
  await app.closeWithoutCleaning();
  const other = 'spring-20260301115900-bcdefghij234';
  await app.deps.leftovers.expect(other);
  await app.files.write(planBlob(other, 1), '{}', 'application/json');
  app.time.advance(late);
  isAway = true;
  await app.sweep();
  expect(app.files.names().some((name) => name.startsWith(other))).toBe(false);
  expect(app.logged.events).toContainEqual({
    level: 'warn',
    event: 'run.not-cleaned',
    dimensions: { run: runId, code: 'Error' },
  });
  isAway = false;
  await app.sweep();
  expect(app.names()).toEqual(kept);
  expect(app.awaited()).toEqual([]);
});
