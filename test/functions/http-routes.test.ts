// The routes behind the guard: what they answer, what they ask of the Durable extension, and what they never pass on.
import { cancelRun } from '../../functions/http/runs/cancel-run';
import { listSegments } from '../../functions/http/segments/list-segments';
import { live } from '../../functions/http/health/live';
import { readRejects } from '../../functions/http/runs/read-rejects';
import { readRun } from '../../functions/http/runs/read-run';
import { runViewSchema } from '../../functions/http/runs/run-view';
import { startRun } from '../../functions/http/runs/start-run';
import type { Run } from '../../shared/runs/run';
import { aRun, noon, runId } from '../runs/support/fixtures';
import { ModelMissing } from '../../shared/segments/errors';
import { durableKey, startHttpWorld, type Answered, type HttpWorld } from './http-world';

let app: HttpWorld;
const answers: Answered[] = [];
beforeEach(async () => {
  app = await startHttpWorld();
  extension({});
});
afterEach(async () => {
  // Durable's management URLs carry a key.
  for (const { text, headers } of answers.splice(0)) {
    expect(text + JSON.stringify(headers)).not.toMatch(/webhooks|durabletask|code=/i);
    expect(text).not.toContain(durableKey);
  }
  await app.stop();
});

/** Plays the Durable extension. `state` is the status of every instance; without one there is none. */
function extension({
  state,
  customStatus = null,
  start = 202,
}: {
  state?: string;
  customStatus?: unknown;
  start?: number;
}) {
  let current = state;
  app.durable.answer(({ method, url }) => {
    if (method === 'POST' && url.includes('/raiseEvent/')) return { status: 202 };
    if (method === 'POST') {
      if (start === 202) current = 'Pending';
      return {
        status: start,
        body:
          start === 202
            ? { id: 'x', statusQueryGetUri: `http://h/runtime/webhooks?code=${durableKey}` }
            : 'no',
      };
    }
    if (current === undefined) return { status: 404 };
    return {
      status: current === 'Completed' || current === 'Failed' ? 200 : 202,
      body: {
        name: 'exportRun',
        instanceId: 'x',
        runtimeStatus: current,
        customStatus,
        input: null,
        output: 'Orchestrator function failed: secret',
        createdTime: '2026-03-01T12:00:00Z',
        lastUpdatedTime: '2026-03-01T12:00:00Z',
      },
    };
  });
}
const asked = () => app.durable.requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`);
const ask: HttpWorld['ask'] = async (route, options) => {
  const answer = await app.ask(route, options);
  answers.push(answer);
  return answer;
};
const code = ({ json }: Answered) => String(json['type']).split(':').at(-1);
const addRun = (change: Partial<Run> = {}) => app.runs.start(aRun(change));

describe('POST /api/exports/{exportId}/runs', () => {
  const start = (exportId: string, as: 'Administrator' | 'Contributor' | 'Viewer' = 'Contributor') =>
    ask(startRun(app.deps), { params: { exportId }, as });

  test('starts the run and its orchestration, and says where the run can be watched', async () => {
    const answer = await start('spring');
    expect(answer.status).toBe(202);
    const { location } = answer.headers;
    const id = location!.replace('/api/runs/', '');
    expect(location).toMatch(/^\/api\/runs\/spring-20260301120000-[a-z0-9]{12}$/);
    expect(runViewSchema.parse(answer.json)).toMatchObject({
      id,
      status: 'Queued',
      export: { id: 'spring', name: 'Spring customers' },
      trigger: { kind: 'on-demand', name: 'Ada Lovelace' },
      links: { self: location, cancel: `${location}/cancel`, rejects: null },
    });
    expect(asked()).toEqual([`POST /durabletask/orchestrators/exportRun/${id}`]);
    expect(JSON.parse(app.durable.requests[0]!.body.toString())).toEqual(app.deps.orchestrationInput(id));
    expect(await app.runs.get(id)).toMatchObject({
      trigger: { kind: 'on-demand', by: '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11/person-1' },
    });
  });

  test('shows who asked by name only, not by id', async () => {
    expect((await start('spring')).text).not.toContain('person-1');
  });

  test('answers with the run that is on, and starts nothing', async () => {
    await addRun();
    const answer = await start('spring');
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/api/runs/${runId}` },
      json: { id: runId },
    });
    expect(asked()).toEqual([]);
  });

  test('of many that ask at once starts one orchestration, and all get the same run', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => start('spring')));
    expect(new Set(all.map(({ headers }) => headers['location'])).size).toBe(1);
    expect(asked().filter((call) => call.startsWith('POST'))).toHaveLength(1);
  });

  test('takes an orchestration that was started elsewhere at the same moment for its own', async () => {
    extension({ state: 'Running', start: 409 });
    await expect(start('spring')).resolves.toMatchObject({ status: 202 });
  });

  test('fails when the orchestration cannot be started; the run stays queued, for the timer to start it', async () => {
    extension({ start: 500 });
    await expect(start('spring')).resolves.toMatchObject({ status: 500 });
    const { runId: locked } = await app.runs.lock('spring');
    expect(await app.runs.get(locked!)).toMatchObject({ status: 'Queued' });
  });

  test.each([
    ['unknown', 404, 'not-found'],
    ['../runs', 404, 'not-found'],
    ["x' or '1' eq '1", 404, 'not-found'],
    ['secret', 403, 'role-needed'],
    ['detached', 403, 'role-needed'],
  ])('of the export %j is refused to a contributor', async (exportId, status, expected) => {
    const answer = await start(exportId);
    expect([answer.status, code(answer)]).toEqual([status, expected]);
    expect(asked()).toEqual([]);
  });

  test('is refused to a viewer', async () => {
    await expect(start('spring', 'Viewer')).resolves.toMatchObject({ status: 403 });
  });

  test('of an export without a connection says what to do', async () => {
    const answer = await start('detached', 'Administrator');
    expect([answer.status, code(answer)]).toEqual([409, 'export-detached']);
    expect(answer.json['detail']).toContain('Choose a connection');
  });

  test('of an export with an unshared connection is a right of administrators', async () => {
    await expect(start('secret', 'Administrator')).resolves.toMatchObject({ status: 202 });
  });
});

test('a Durable extension that does not answer as it should is a 500 without its words, and an incident in the log', async () => {
  await addRun();
  app.durable.answer(() => ({ status: 503, body: 'the key is secret' }));
  const answer = await ask(readRun(app.deps), { params: { runId }, as: 'Viewer' });
  expect(answer.status).toBe(500);
  expect(answer.text + app.logged.text()).not.toContain('secret');
});

describe('GET /api/runs/{runId}', () => {
  const read = (id = runId) => ask(readRun(app.deps), { params: { runId: id }, as: 'Viewer' });
  const progress = {
    phase: 'sending',
    batches: { total: 3, sent: 1, done: 0 },
    contacts: 30,
    estimateSeconds: 61,
  };

  test('shows how far a run is', async () => {
    await addRun();
    extension({ state: 'Running', customStatus: progress });
    const answer = await read();
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(answer.json).toMatchObject({ status: 'Processing', progress, counts: null });
  });

  test.each<[string, Parameters<typeof extension>[0]]>([
    ['has not begun', {}],
    ['says something else', { state: 'Running', customStatus: { secret: 'x' } }],
    ['has failed', { state: 'Failed', customStatus: 'x' }],
  ])('shows no progress when the orchestration %s', async (_name, state) => {
    await addRun();
    extension(state);
    const answer = await read();
    expect(answer).toMatchObject({ status: 200, json: { progress: null } });
    expect(answer.text).not.toContain('secret');
  });

  test('shows how a run ended, without asking for its orchestration', async () => {
    await addRun();
    const counts = {
      read: 10,
      accepted: 8,
      duplicate: 0,
      rejected: 2,
      refused: 0,
      unconfirmed: 0,
      notSent: 0,
    };
    await app.runs.finish(runId, (run) => ({
      ...run,
      status: 'Completed with warnings',
      endedAt: new Date(noon).toISOString(),
      counts,
      rejects: `${runId}/rejects.csv`,
      reason: { code: 'warnings', sentence: 'Two were rejected.' },
    }));
    const answer = await read();
    expect(answer.json).toMatchObject({
      status: 'Completed with warnings',
      counts,
      reason: { sentence: 'Two were rejected.' },
      links: { cancel: null, rejects: `/api/runs/${runId}/rejects` },
    });
    expect(asked()).toEqual([]);
    // Where files lie is nobody's business.
    expect(answer.text).not.toContain(`${runId}/rejects.csv`);
  });

  test.each(['spring-20260301120000-zzzzzzzzzzzz', 'nonsense', '../exports', ''])(
    'of the run %j is a 404',
    async (id) => {
      const answer = await read(id);
      expect([answer.status, code(answer)]).toEqual([404, 'not-found']);
    },
  );
});

describe('POST /api/runs/{runId}/cancel', () => {
  const cancel = (as: 'Administrator' | 'Contributor' | 'Viewer' = 'Contributor') =>
    ask(cancelRun(app.deps), { params: { runId }, as });

  test('notes the wish and wakes the orchestration', async () => {
    await addRun();
    extension({ state: 'Running' });
    const answer = await cancel();
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/api/runs/${runId}` },
      json: { cancelRequested: true },
    });
    expect(await app.runs.get(runId)).toMatchObject({ cancelRequested: true });
    expect(asked()).toEqual([
      `GET /durabletask/instances/${runId}`,
      `POST /durabletask/instances/${runId}/raiseEvent/cancel`,
    ]);
    // The host refuses an event without data.
    expect(app.durable.requests[1]!.body.toString()).toBe('null');
  });

  test('of a run whose orchestration has not begun only notes the wish', async () => {
    await addRun({ status: 'Queued' });
    await expect(cancel()).resolves.toMatchObject({ status: 202 });
    expect(asked()).toEqual([`GET /durabletask/instances/${runId}`]);
  });

  test('of a run that is over says how it ended', async () => {
    await addRun();
    await app.runs.finish(runId, (run) => ({ ...run, status: 'Successful' }));
    const answer = await cancel();
    expect([answer.status, code(answer)]).toEqual([409, 'run-over']);
    expect(answer.json['detail']).toContain('"Successful"');
    expect(await app.runs.get(runId)).toMatchObject({ cancelRequested: false });
  });

  test('is refused to who may not use the connection', async () => {
    await addRun({ connectionId: 'private' });
    await expect(cancel()).resolves.toMatchObject({ status: 403 });
    await expect(cancel('Viewer')).resolves.toMatchObject({ status: 403 });
    expect(await app.runs.get(runId)).toMatchObject({ cancelRequested: false });
    await expect(cancel('Administrator')).resolves.toMatchObject({ status: 202 });
  });

  test('of an unknown run is a 404', async () => {
    await expect(cancel()).resolves.toMatchObject({ status: 404 });
  });
});

describe('GET /api/runs/{runId}/rejects', () => {
  const download = (as: 'Contributor' | 'Viewer' = 'Contributor') =>
    ask(readRejects(app.deps), { params: { runId }, as });
  const name = `${runId}/rejects.csv`;

  test('is the file, as a download that no browser shows or keeps', async () => {
    await app.files.write(name, 'segment,shard\r\n', 'text/csv');
    await addRun({ rejects: name });
    const answer = await download();
    expect(answer).toMatchObject({
      status: 200,
      text: 'segment,shard\r\n',
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="rejects-${runId}.csv"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
    const { rows } = await app.deps.audit.page(10);
    expect(rows.map(({ value }) => value)).toMatchObject([
      { action: 'run.download-rejects', subject: { kind: 'run', id: runId }, by: { name: 'Ada Lovelace' } },
    ]);
  });

  test.each([
    ['is not written yet', null],
    ['was removed', name],
  ])('is a 404 that says why when the file %s', async (_name, rejects) => {
    await addRun({ rejects });
    const answer = await download();
    expect([answer.status, code(answer)]).toEqual([404, 'no-rejects']);
    expect(answer.json['detail']).toBe('It is there when the run has ended.');
    await app.runs.finish(runId, (run) => ({ ...run, status: 'Failed' }));
    expect((await download()).json['detail']).toMatch(/^The run is over without one: /);
  });

  test('is refused to viewers, and to who may not use the connection', async () => {
    await app.files.write(name, 'x', 'text/csv');
    await addRun({ rejects: name, connectionId: 'private' });
    await expect(download('Viewer')).resolves.toMatchObject({ status: 403 });
    await expect(download()).resolves.toMatchObject({ status: 403 });
  });
});

test('GET /api/segments is the catalogue, for contributors', async () => {
  const entry = {
    name: 'customers',
    shards: 2,
    columns: ['Email'],
    lastRefreshed: undefined,
    pointer: 'p1',
    problem: undefined,
  };
  const catalogue = () => Promise.resolve([entry, { ...entry, name: 'never read' }]);
  await app.deps.rowCounts.note('customers', 'p1', 17);
  const deps = { ...app.deps, segments: { ...app.deps.segments, catalogue } };
  const answer = await ask(listSegments(deps), { as: 'Contributor' });
  const shown = { shards: 2, columns: ['Email'], lastRefreshed: null, problem: null };
  expect(answer.json).toEqual({
    segments: [
      { name: 'customers', rows: 17, ...shown },
      { name: 'never read', rows: null, ...shown },
    ],
  });
  await expect(ask(listSegments(deps), { as: 'Viewer' })).resolves.toMatchObject({ status: 403 });
});

test('GET /api/segments says what is wrong when there is no catalogue at all', async () => {
  const catalogue = () => Promise.reject(new ModelMissing('exports/'));
  const deps = { ...app.deps, segments: { ...app.deps.segments, catalogue } };
  await expect(ask(listSegments(deps))).resolves.toMatchObject({
    status: 409,
    json: {
      title: 'The segments cannot be listed.',
      detail: expect.stringContaining('no model.json') as string,
    },
  });
});

test('GET /api/health/live says that the app is there, and nothing else', async () => {
  const answer = await app.ask(live(), { as: null });
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    json: { status: 'live' },
  });
});
