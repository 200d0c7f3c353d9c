// Retrying a run over HTTP, and how a run is shown in detail.
import { readRun } from '../../functions/http/runs/read-run';
import { retryRun } from '../../functions/http/runs/retry-run';
import type { Run } from '../../shared/runs/run';
import { aManifest, aBatch, aRecord, aRun, noCounters, noon, runId } from '../runs/support/fixtures';
import { fates } from '../../shared/runs/report';
import { startHttpWorld, type HttpWorld } from './http-world';

let app: HttpWorld;
beforeEach(async () => {
  app = await startHttpWorld();
});
afterEach(() => app.stop());

const folder = `${runId}/`;
const manifest = aManifest([aBatch(1), aBatch(2)]);
const records = [
  aRecord(1, { state: 'completed', ended: 'completed', counters: noCounters, jobId: 'job-1' }),
];

async function prepared() {
  await app.files.write(`${folder}manifest.json`, JSON.stringify(manifest), 'application/json');
  for (const { blob } of manifest.batches) await app.files.write(blob, 'email\r\n', 'text/csv');
}
async function over(change: Partial<Run> = {}) {
  await prepared();
  const report = { segments: manifest.segments, batches: fates(manifest, records) };
  await app.files.write(`${folder}report.json`, JSON.stringify(report), 'application/json');
  await app.runs.start(aRun());
  const endedAt = new Date(noon).toISOString();
  await app.runs.finish(runId, (run) => ({ ...run, status: 'Failed', endedAt, batchesLeft: 1, ...change }));
}
const read = async () => {
  const answer = await app.ask(readRun(app.deps), { params: { runId }, as: 'Viewer' });
  expect(answer.status).toBe(200);
  return answer.json;
};

describe('POST /api/runs/{runId}/retry', () => {
  const retry = () => app.ask(retryRun(app.deps), { params: { runId }, as: 'Contributor' });

  test('starts another run, which names this one, and puts on record who did it', async () => {
    await over();
    app.durable.answer(() => ({ status: 202, body: { id: 'x' } }));
    const answer = await retry();
    expect(answer).toMatchObject({
      status: 202,
      json: { status: 'Queued', retryOf: runId, trigger: { kind: 'on-demand', name: 'Ada Lovelace' } },
    });
    const id = answer.json['id'] as string;
    expect(answer.headers['location']).toBe(`/api/runs/${id}`);
    expect(await app.runs.lock('spring')).toMatchObject({ runId: id });
    expect(app.durable.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST /durabletask/orchestrators/exportRun/${id}`,
    ]);
    const { rows } = await app.deps.audit.page(10);
    expect(rows.map(({ value }) => value)).toMatchObject([
      { action: 'run.retry', subject: { kind: 'run', id }, facts: { retryOf: runId } },
    ]);
  });

  test('while a job of it may be open says when to come back', async () => {
    await over();
    const reason = { code: 'jobs-open', sentence: 'Jobs are open.' };
    const start = () => Promise.resolve({ kind: 'refused', reason, until: noon + 299_001 } as const);
    const deps = { ...app.deps, retryRun: { ...app.deps.retryRun, start } };
    const answer = await app.ask(retryRun(deps), { params: { runId }, as: 'Contributor' });
    expect(answer).toMatchObject({ status: 409, json: { detail: 'Jobs are open.' } });
    expect(answer.headers['retry-after']).toBe('300');
    expect((await app.deps.audit.page(10)).rows).toEqual([]);
  });

  test('while another run is on says which', async () => {
    await over();
    const id = 'spring-20260301130000-bbbbbbbbbbbb';
    await app.runs.start(aRun({ id }));
    await expect(retry()).resolves.toMatchObject({ status: 409, json: { run: `/api/runs/${id}` } });
  });
});

describe('GET /api/runs/{runId}', () => {
  test('shows each segment and each batch of a run that is over, and where to retry it', async () => {
    await over({
      phases: [{ phase: 'opening', startedAt: new Date(noon).toISOString(), seconds: 2 }],
      requests: 5,
    });
    expect(await read()).toMatchObject({
      phases: [{ phase: 'opening', seconds: 2 }],
      requests: 5,
      details: {
        segments: [{ name: 'customers', counts: { read: 20, contacts: 20 } }],
        batches: [
          { batch: 1, state: 'completed', attempts: 1, contacts: 10, job: 'job-1' },
          { batch: 2, state: 'not-sent', attempts: 0, contacts: 10, job: null },
        ],
      },
      links: { retry: `/api/runs/${runId}/retry` },
    });
  });

  test('shows what became of the batches so far while it is on, with the times of its phases', async () => {
    await prepared();
    await app.runs.start(aRun());
    await app.tables.imports.change(runId, [{ kind: 'create', rowKey: '000001', value: records[0] }]);
    const phases = [{ phase: 'sending', startedAt: new Date(noon).toISOString(), seconds: 3 }];
    const customStatus = {
      phase: 'waiting',
      batches: { total: 2, sent: 2, done: 1 },
      contacts: 20,
      phases,
      requests: 4,
    };
    const at = new Date(noon).toISOString();
    app.durable.answer(() => ({
      status: 202,
      body: {
        name: 'exportRun',
        instanceId: runId,
        runtimeStatus: 'Running',
        createdTime: at,
        lastUpdatedTime: at,
        customStatus,
        input: null,
        output: null,
      },
    }));
    expect(await read()).toMatchObject({
      progress: { phase: 'waiting', contacts: 20 },
      phases,
      requests: 4,
      details: { batches: [{ state: 'completed' }, { state: 'not-sent' }] },
      links: { retry: null },
    });
  });

  test('shows when a run goes on that waits for another try', async () => {
    const retryAt = new Date(noon + 900_000).toISOString();
    await app.runs.start(aRun({ status: 'Failed (retrying)', tries: 1, retryAt }));
    app.durable.answer(() => ({ status: 404 }));
    expect(await read()).toMatchObject({
      status: 'Failed (retrying)',
      tries: 1,
      retryAt,
      details: null,
      links: { cancel: `/api/runs/${runId}/cancel` },
    });
  });

  test('shows no way to retry it when a later run has sent something', async () => {
    await over();
    const id = 'spring-20260301130000-bbbbbbbbbbbb';
    await app.runs.start(aRun({ id }));
    const counts = {
      read: 1,
      accepted: 1,
      duplicate: 0,
      rejected: 0,
      refused: 0,
      unconfirmed: 0,
      notSent: 0,
    };
    const endedAt = new Date(noon + 60_000).toISOString();
    await app.runs.finish(id, (run) => ({ ...run, status: 'Successful', endedAt, counts }));
    expect(await read()).toMatchObject({ links: { retry: null } });
  });

  test('says so by showing none when the files of a run are gone', async () => {
    await over();
    await app.files.removeAll(folder);
    expect(await read()).toMatchObject({ details: null });
  });
});
