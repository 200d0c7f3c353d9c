// A run that fails for a cause that passes: what people see of it meanwhile, and how it ends.
import type { Run } from '../../shared/runs/run';
import {
  startAppInMemory,
  type AppInMemory,
  type AppOptions,
  type HowDriven,
} from '../support/app-in-memory';
import {
  addsUp,
  jobsOf,
  makeSmallExport,
  membersOf,
  outcomeOf,
  people,
  successful,
} from '../under-fire/small-export';

const minute = 60_000;
const begun = Date.parse('2026-03-02T09:00:00Z');
const posts = { method: 'POST', path: '/v3/activities' } as const;
const away = { kind: 'status', status: 503 } as const;

let app: AppInMemory;
afterEach(() => app.stop());

async function start(options: AppOptions = {}) {
  app = await startAppInMemory({ ...options, settings: { IMPORT_CONCURRENCY: '1', ...options.settings } });
  return makeSmallExport(app);
}

interface Event extends Readonly<Record<string, unknown>> {
  readonly event: string;
}
const events = (...names: string[]) =>
  app.logged.map((line) => JSON.parse(line) as Event).filter(({ event }) => names.includes(event));

/** Runs the export, and keeps the row as it was at the beginning of each wait for another try. */
async function runWatched(exportId: string, whileWaiting?: (runId: string) => Promise<void>) {
  const waited: Run[] = [];
  let id = '';
  const how: HowDriven = {
    async before({ name }) {
      const run = name === 'wait' ? await app.deps.runs.get(id) : undefined;
      if (run?.status !== 'Failed (retrying)') return;
      waited.push(run);
      await whileWaiting?.(id);
    },
  };
  const { runId, ended } = await app.begin(exportId, how);
  id = runId;
  await ended;
  return { run: (await app.deps.runs.get(runId))!, waited };
}

test('Constant Contact is away for twenty minutes: the run goes on after 15, and sends only what is left', async () => {
  const exportId = await start();
  app.constantContact.failRequest({ ...posts, skip: 1, times: 5, action: away });
  const { run, waited } = await runWatched(exportId, async (runId) => {
    expect(await app.deps.runs.lock(exportId)).toMatchObject({ runId });
  });
  expect(outcomeOf(run)).toEqual(successful);
  expect(jobsOf(app)).toEqual(['1-1', '2-1', '3-1']);
  expect(membersOf(app)).toEqual([...people]);
  expect(waited).toHaveLength(1);
  const [while_] = waited as [Run];
  expect(while_).toMatchObject({
    tries: 1,
    endedAt: null,
    counts: { read: 3, accepted: 1, unconfirmed: 1, notSent: 1 },
  });
  expect(addsUp(while_)).toBe(true);
  expect(while_.reason?.code).toBe('constant-contact-unavailable');
  expect(while_.reason?.sentence).toContain(`goes on by itself at ${while_.retryAt}`);
  expect(run).toMatchObject({ tries: 1, retryAt: null, batchesLeft: 0 });
  expect(events('run.retrying')).toEqual([
    expect.objectContaining({
      run: run.id,
      export: exportId,
      connection: 'connection1',
      reason: 'constant-contact-unavailable',
      tries: 1,
      until: while_.retryAt,
      seconds: 900,
    }),
  ]);
  // Nothing that is being retried is told to anybody as a failure.
  expect(events('export.failed-for-good', 'export.recovered')).toEqual([]);
});

test('one that never comes back is Failed after 15, 60 and 240 minutes, and its export is free', async () => {
  const exportId = await start();
  app.constantContact.failRequest({ ...posts, times: 1_000, action: away });
  const { run, waited } = await runWatched(exportId);
  expect(run).toMatchObject({ status: 'Failed', tries: 3, retryAt: null });
  expect(run.reason?.sentence).not.toContain('by itself');
  expect(waited.map(({ tries }) => tries)).toEqual([1, 2, 3]);
  expect(events('run.retrying').map(({ seconds }) => seconds)).toEqual([900, 3_600, 14_400]);
  expect(Date.parse(run.endedAt!) - begun).toBeGreaterThan(315 * minute);
  expect(await app.deps.runs.lock(exportId)).toMatchObject({ runId: null });
  expect(events('export.failed-for-good')).toHaveLength(1);
  expect(jobsOf(app)).toEqual([]);
});

test('each try has all the tries of a batch again', async () => {
  const exportId = await start({ settings: { RUN_RETRY_SECONDS: '900' } });
  // Five use up the first try of the run, and four more are fewer than the second one has.
  app.constantContact.failRequest({ ...posts, times: 9, action: away });
  expect(outcomeOf((await runWatched(exportId)).run)).toEqual(successful);
});

test('the pauses are a setting, and can be none', async () => {
  const exportId = await start({ settings: { RUN_RETRY_SECONDS: 'off' } });
  app.constantContact.failRequest({ ...posts, times: 5, action: away });
  const { run, waited } = await runWatched(exportId);
  expect([run.status, waited.length]).toEqual(['Failed', 0]);
});

test('before it has read anything: it reads the data that is there when it goes on', async () => {
  const exportId = await start();
  app.constantContact.failRequest({ method: 'GET', path: '/v3/contact_lists', times: 10, action: away });
  const { run, waited } = await runWatched(exportId, async () => {
    await app.segments.write('people.csv', 'Id,Email,First,Last\n1,dora@example.com,Dora,Dean\n', 'text/csv');
  });
  expect(waited).toMatchObject([{ counts: null }]);
  expect(outcomeOf(run)).toEqual({ status: 'Successful', reason: null, counts: { read: 1, accepted: 1 } });
});

test('a part of the app, or storage, that fails for good while it reads is a cause that passes', async () => {
  let isAway = true;
  const exportId = await start({
    segments: {
      before: (operation: string) =>
        isAway && operation === 'stream' ? Promise.reject(new Error('storage is away')) : Promise.resolve(),
    },
  });
  const { run, waited } = await runWatched(exportId, () => Promise.resolve(void (isAway = false)));
  expect(waited).toMatchObject([{ reason: { code: 'internal' } }]);
  expect(outcomeOf(run)).toEqual(successful);
});

test('files that change at every read are a cause that passes', async () => {
  let changes = true;
  app = await startAppInMemory();
  const exportId = await makeSmallExport(app);
  let round = 0;
  const { runId, ended } = await app.begin(exportId, {
    async before({ name }) {
      if (name === 'wait' && (await app.deps.runs.get(runId))?.status === 'Failed (retrying)')
        changes = false;
      if (name !== 'prepareBatches' || !changes) return;
      await app.segments.write(
        'people.csv',
        `Id,Email,First,Last\n${++round},x${round}@example.com,X,\n`,
        'text/csv',
      );
    },
  });
  await ended;
  const run = (await app.deps.runs.get(runId))!;
  expect(run).toMatchObject({ status: 'Successful', tries: 1 });
  expect(round).toBe(3);
});

test('a cancel while it waits ends it at once, and says what stays', async () => {
  const exportId = await start();
  app.constantContact.failRequest({ ...posts, skip: 1, times: 1_000, action: away });
  const { run } = await runWatched(exportId, (runId) => app.cancel(runId));
  expect(run).toMatchObject({
    status: 'Canceled',
    tries: 1,
    counts: { accepted: 1, unconfirmed: 1, notSent: 1 },
  });
  expect(run.reason?.sentence).toContain('2 contacts had been sent already');
  expect(Date.parse(run.endedAt!) - Date.parse(run.startedAt!)).toBeLessThan(15 * minute);
  expect(await app.deps.runs.lock(exportId)).toMatchObject({ runId: null });
  expect(events('export.failed-for-good')).toEqual([]);
});

describe('what does not pass fails at once', () => {
  test('such as a list that is not there', async () => {
    const exportId = await start();
    const stored = (await app.deps.exports.get(exportId))!;
    const listId = '5f0c1b52-6a0e-4b1f-8d39-5c2b6e0a9f11';
    await app.deps.exports.change({ ...stored.value, listId }, stored.etag);
    const { run, waited } = await runWatched(exportId);
    expect(run).toMatchObject({ status: 'Failed', reason: { code: 'list-unknown' }, tries: 0 });
    expect(waited).toEqual([]);
  });

  test('such as a consent that is taken back while the run waits', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...posts, skip: 1, times: 5, action: away });
    const { run } = await runWatched(exportId, async () => {
      await app.deps.connections.change('connection1', undefined, (before) => ({ ...before, consent: null }));
    });
    expect(run).toMatchObject({ status: 'Failed', reason: { code: 'consent-needed' }, tries: 1 });
    expect(run.counts).toMatchObject({ accepted: 1, unconfirmed: 1, notSent: 1 });
    expect(jobsOf(app)).toEqual(['1-1']);
  });

  test('such as more contacts than the connection may send: none is sent, and both numbers are named', async () => {
    const exportId = await start();
    await app.deps.connections.change('connection1', undefined, (before) => ({ ...before, contactLimit: 2 }));
    const { run, waited } = await runWatched(exportId);
    expect(run).toMatchObject({ status: 'Failed', reason: { code: 'too-many-contacts' }, tries: 0 });
    expect(run.reason?.sentence).toMatch(/^Over the limit: .* 3 contacts, and the limit is 2\./);
    expect([waited, jobsOf(app)]).toEqual([[], []]);
  });
});

test('delivered twice, every step comes to the same', async () => {
  const exportId = await start();
  app.constantContact.failRequest({ ...posts, skip: 1, times: 6, action: away });
  const { runId, ended } = await app.begin(exportId, { deliverTwice: true });
  await ended;
  expect(outcomeOf((await app.deps.runs.get(runId))!)).toEqual(successful);
  expect(jobsOf(app).toSorted()).toEqual(['1-1', '2-1', '3-1']);
});

describe('an export that fails is told of', () => {
  const failing = async (exportId: string) => {
    const name = 'constant-contact-tokens-connection1';
    const tokens = app.secrets.get(name)!;
    app.secrets.delete(name);
    app.passTime(120 * minute);
    const run = await app.run(exportId);
    app.secrets.set(name, tokens);
    return run;
  };

  test('once, however often it fails, and once when it recovers', async () => {
    const exportId = await start();
    const [first] = [await failing(exportId), await failing(exportId)];
    const of = { export: exportId, connection: 'connection1' };
    const failed = expect.objectContaining({ ...of, run: first.id, reason: 'reconnect-needed' }) as unknown;
    expect(events('export.failed-for-good', 'export.recovered')).toEqual([failed]);
    const good = await app.run(exportId);
    await app.run(exportId);
    expect(outcomeOf(good)).toEqual(successful);
    expect(events('export.failed-for-good', 'export.recovered')).toEqual([
      failed,
      expect.objectContaining({ ...of, event: 'export.recovered', run: good.id }),
    ]);
  });

  test('also when whoever closed the run died before saying so', async () => {
    const exportId = await start();
    app.secrets.delete('constant-contact-tokens-connection1');
    app.passTime(120 * minute);
    const table = app.tables.runs;
    const { runId, ended } = await app.begin(exportId, {
      async around({ name }, execute) {
        if (name !== 'closeRun') return execute();
        // The final row is there; the process is not any more.
        await app.deps.runs.finish(runId, (run) => ({ ...run, status: 'Failed', endedAt: run.createdAt }));
        return execute();
      },
    });
    await ended;
    expect(events('export.failed-for-good')).toEqual([expect.objectContaining({ run: runId })]);
    expect(await app.deps.runs.lock(exportId)).toMatchObject({ failing: true, untold: null });
    expect([...table.dump().keys()].length).toBeGreaterThan(0);
  });
});

test('a run says how many requests it made, and how long its phases took, also to the log', async () => {
  const exportId = await start();
  const run = await app.run(exportId);
  const { byKind } = app.constantContact.state(0).requests;
  const api = Object.entries(byKind).filter(([kind]) => kind.includes('/v3/'));
  expect(run.requests).toBe(api.reduce((sum, [, count]) => sum + count, 0));
  expect(run.phases?.map(({ phase }) => phase)).toEqual(['opening', 'preparing', 'sending', 'waiting']);
  const waiting = run.phases?.find(({ phase }) => phase === 'waiting')?.seconds;
  expect(waiting).toBeGreaterThan(0);
  expect(events('run.ended')).toEqual([
    expect.objectContaining({ requests: run.requests, waitedSeconds: waiting, outcome: 'Successful' }),
  ]);
});

test('rejected profiles are told by reason, and each segment for itself', async () => {
  const exportId = await start();
  await app.segments.write(
    'people.csv',
    'Id,Email,First,Last\n1,ann@example.com,Ann,\n2,nobody,,\n3,,,\n4,,,\n',
    'text/csv',
  );
  const run = await app.run(exportId);
  const of = { run: run.id, export: exportId, connection: 'connection1' };
  expect(events('run.rejected').map(({ reason, rows }) => [reason, rows])).toEqual(
    Object.entries(run.rejectedByReason ?? {}),
  );
  expect(events('run.rejected')).toHaveLength(2);
  expect(events('run.segment-prepared')).toEqual([
    expect.objectContaining({ ...of, segment: 'People', read: 4, contacts: 1, duplicate: 0, rejected: 3 }),
  ]);
});

test('a limit of the connection that is too low by now ends the run at its next try, for good', async () => {
  const exportId = await start();
  app.constantContact.failRequest({ ...posts, skip: 1, times: 5, action: away });
  const { run } = await runWatched(exportId, async () => {
    await app.deps.connections.change('connection1', undefined, (connection) => ({
      ...connection,
      contactLimit: 2,
    }));
  });
  expect(run).toMatchObject({ status: 'Failed', reason: { code: 'too-many-contacts' }, tries: 1 });
  expect(jobsOf(app)).toEqual(['1-1']);
});
