// Running all exports over HTTP: what becomes of each, and that one that fails does not keep the others.
import { runAll } from '../../functions/http/runs/run-all';
import { anExport, aRun, runId } from '../runs/support/fixtures';
import type { Ask } from './http-world';
import { startWholeWorld, type WholeWorld } from './whole-world';

let app: WholeWorld;
beforeEach(async () => {
  app = await startWholeWorld();
});
afterEach(() => app.stop());

interface Result {
  readonly export: { readonly id: string };
  readonly outcome: string;
  readonly run: { readonly id: string; readonly link: string } | null;
  readonly reason: { readonly code: string } | null;
}
async function all(as: Ask['as'] = 'Contributor'): Promise<Record<string, Result>> {
  const answer = await app.ask(runAll(app.deps), { as });
  expect(answer.status).toBe(202);
  return Object.fromEntries((answer.json['results'] as Result[]).map((result) => [result.export.id, result]));
}
const started = () =>
  app.durable.requests
    .filter(({ method }) => method === 'POST')
    .map(({ url }) => url.replace(/\?.*/, '').split('/').at(-1));

test('starts those with an active schedule that the caller may run, and says why the others do not run', async () => {
  await app.exports.create(anExport({ id: 'manual', schedule: { kind: 'off' } }));
  await app.exports.create(anExport({ id: 'busy' }));
  const busy = aRun({ id: runId.replace('spring', 'busy'), exportId: 'busy' });
  await app.runs.start(busy);

  const results = await all();
  expect(results).toMatchObject({
    spring: { outcome: 'started', reason: null },
    busy: { outcome: 'running', run: { id: busy.id, link: `/api/runs/${busy.id}` }, reason: null },
    manual: { outcome: 'skipped', run: null, reason: { code: 'not-scheduled' } },
    secret: { outcome: 'skipped', run: null, reason: { code: 'role-needed' } },
    detached: { outcome: 'skipped', run: null, reason: { code: 'export-detached' } },
  });
  const run = results['spring']!.run!;
  await expect(app.runs.get(run.id)).resolves.toMatchObject({
    status: 'Queued',
    trigger: { kind: 'on-demand', name: 'Ada Lovelace' },
  });
  expect(started()).toEqual([run.id]);
  const { rows } = await app.deps.audit.page(10);
  expect(rows.map(({ value }) => value)).toMatchObject([{ action: 'run.start', subject: { id: run.id } }]);
});

test('runs for an administrator also what is not shared', async () => {
  expect(await all('Administrator')).toMatchObject({
    spring: { outcome: 'started' },
    secret: { outcome: 'started' },
    detached: { outcome: 'skipped' },
  });
});

test('runs nothing that goes with a refresh that is off', async () => {
  const { etag } = await app.deps.refreshSchedule.get();
  await app.deps.refreshSchedule.change({ kind: 'off' }, etag, { id: 'tenant/person', name: 'Ada' });
  expect(await all()).toMatchObject({ spring: { outcome: 'skipped', reason: { code: 'not-scheduled' } } });
});

test('twice in a row starts each export once', async () => {
  const first = await all();
  const second = await all();
  expect(second['spring']).toMatchObject({ outcome: 'running', run: first['spring']!.run! });
  expect(started()).toHaveLength(1);
});

test('goes on behind an export that cannot be started, and says so', async () => {
  await app.exports.create(anExport({ id: 'broken' }));
  const { startRun } = app.deps;
  const failing: typeof startRun = (wanted, how) =>
    wanted.id === 'broken' ? Promise.reject(new Error('words of a table')) : startRun(wanted, how);
  const answer = await app.ask(runAll({ ...app.deps, startRun: failing }));
  expect(answer.json['results']).toMatchObject([
    { export: { id: 'broken' }, outcome: 'failed', run: null, reason: { code: 'internal' } },
    { outcome: 'skipped' },
    { outcome: 'started' },
    { outcome: 'started' },
  ]);
  expect(answer.text).not.toContain('words of a table');
  expect(app.logged.events).toContainEqual(
    expect.objectContaining({ event: 'run.start-failed', level: 'warn' }),
  );
});

test('runs many, a few at a time, and each once', async () => {
  const ids = Array.from({ length: 100 }, (_, number) => `many${number}`);
  for (const id of ids) await app.exports.create(anExport({ id }));
  const results = await all();
  expect(ids.map((id) => results[id]!.outcome)).toEqual(ids.map(() => 'started'));
  expect(new Set(started()).size).toBe(101);
  expect(started()).toHaveLength(101);
});
