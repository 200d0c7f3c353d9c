// What Constant Contact can do to a run, each with the outcome that a user would call right: status, counts, sentence, and the exact
// jobs and requests that it took.
import fc from 'fast-check';
import {
  startAppInMemory,
  type AppInMemory,
  type AppOptions,
  type HowDriven,
} from '../support/app-in-memory';
import type { RequestFault } from '../emulators/constant-contact/faults';
import {
  addsUp,
  jobsOf,
  makeSmallExport,
  membersOf,
  outcomeOf,
  people,
  requestsOf,
  successful,
} from './small-export';

const posts = { method: 'POST', path: '/v3/activities' } as const;
const looks = { method: 'GET', path: '/v3/activities' } as const;
const lists = { method: 'GET', path: '/v3/contact_lists' } as const;
const once = { list: 1, import: 3, jobs: 1 };
const allJobs = ['1-1', '2-1', '3-1'];
const begun = Date.parse('2026-03-02T09:00:00Z');
const midnight = Date.parse('2026-03-03T00:00:00Z');

let app: AppInMemory;
afterEach(() => app.stop());

/** One batch after the other, so that what is sent before a fault is known, and one try of the run. */
const inSequence = { IMPORT_CONCURRENCY: '1', RUN_RETRY_SECONDS: 'off' };

async function start(options: AppOptions = {}) {
  app = await startAppInMemory({ ...options, settings: { ...inSequence, ...options.settings } });
  return makeSmallExport(app);
}

async function run(exportId: string, how?: HowDriven) {
  const { runId, ended, statuses } = await app.begin(exportId, how);
  await ended;
  const over = await app.deps.runs.get(runId);
  if (!over) throw new Error('the run is gone');
  // Whatever happened, the counts add up, the export is free, and nothing is left of the batches.
  expect(over.counts === null || addsUp(over)).toBe(true);
  expect(await app.deps.runs.lock(exportId)).toMatchObject({ runId: null });
  expect([...app.tables.imports.dump()]).toEqual([]);
  return { ...outcomeOf(over), run: over, statuses: statuses as Shown[] };
}

interface Shown {
  readonly waitingUntil?: string;
  readonly waitingFor?: string;
}
const parkedFor = (statuses: readonly Shown[]) => [
  ...new Set(
    statuses.flatMap(({ waitingUntil = '', waitingFor }) =>
      waitingFor ? [`${waitingFor} ${waitingUntil}`] : [],
    ),
  ),
];
const acceptedAt = () => app.constantContact.state(0).jobs.map(({ createdAt }) => createdAt);
const expectSuccess = (outcome: object) => {
  expect(outcome).toMatchObject(successful);
  expect(membersOf(app)).toEqual([...people]);
};

describe('Constant Contact says 429', () => {
  test.each([
    ['without Retry-After', undefined, 1_000],
    ['with a short Retry-After', 3, 3_000],
  ])('because of the second, %s: the call is made again after it', async (_, retryAfterSeconds, least) => {
    const exportId = await start();
    const action = { kind: 'status', status: 429, reason: 'throttled', retryAfterSeconds } as const;
    app.constantContact.failRequest({ ...posts, action });
    expectSuccess(await run(exportId));
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toEqual({ ...once, import: 4 });
    expect(acceptedAt()[0]).toBeGreaterThanOrEqual(begun + least);
  });

  test('with a Retry-After of half a minute: the run is parked as long, and says so', async () => {
    const exportId = await start();
    app.constantContact.failRequest({
      ...posts,
      action: { kind: 'status', status: 429, reason: 'throttled', retryAfterSeconds: 30 },
    });
    const outcome = await run(exportId);
    expectSuccess(outcome);
    expect(requestsOf(app)).toEqual({ ...once, import: 4 });
    expect(parkedFor(outcome.statuses)).toEqual([
      expect.stringMatching(/^request-budget 2026-03-02T09:00:30/),
    ]);
  });

  test('for every call of a minute: nothing is lost, no batch is sent twice', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...posts, times: 20, action: { kind: 'status', status: 429 } });
    expectSuccess(await run(exportId));
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toEqual({ ...once, import: 23 });
  });

  test.each([
    ['without Retry-After: until 00:00 UTC', undefined, midnight],
    ['with one: as long as it says', 3600, begun + 3_600_000],
  ])('because of the day, %s, and nobody asks before', async (_, retryAfterSeconds, until) => {
    const exportId = await start();
    const action = { kind: 'status', status: 429, reason: 'quota_exceeded', retryAfterSeconds } as const;
    app.constantContact.failRequest({ ...posts, skip: 1, action });
    const outcome = await run(exportId);
    expectSuccess(outcome);
    expect(requestsOf(app)).toEqual({ ...once, import: 4 });
    expect(parkedFor(outcome.statuses)).toEqual([
      expect.stringMatching(`^day-budget ${new Date(until).toISOString().slice(0, 19)}`),
    ]);
    const [first, ...others] = acceptedAt();
    expect(first).toBeLessThan(begun + 10_000);
    for (const at of others) expect(at).toBeGreaterThanOrEqual(until);
  });

  test.each([
    ['without Retry-After: a minute', undefined, 60_000],
    ['with one: as long as it says', 90, 90_000],
  ])('because too many jobs are queued, %s', async (_, retryAfterSeconds, pause) => {
    const exportId = await start();
    const action = { kind: 'status', status: 429, reason: 'queue', retryAfterSeconds } as const;
    app.constantContact.failRequest({ ...posts, action });
    const outcome = await run(exportId);
    expectSuccess(outcome);
    expect(requestsOf(app)).toEqual({ ...once, import: 4 });
    expect(parkedFor(outcome.statuses)).toEqual([expect.stringMatching(/^job-queue /)]);
    expect(acceptedAt()[0]).toBeGreaterThanOrEqual(begun + pause);
  });

  test('a cancelled run does not wait for the day to end', async () => {
    const exportId = await start();
    app.constantContact.failRequest({
      ...posts,
      skip: 1,
      action: { kind: 'status', status: 429, reason: 'quota_exceeded' },
    });
    const { runId, ended } = await app.begin(exportId, {
      before: async ({ name, input }) => {
        if (name === 'wait' && Number(input['until']) >= midnight) await app.cancel(runId);
      },
    });
    await ended;
    const over = await app.deps.runs.get(runId);
    expect(outcomeOf(over!)).toEqual({
      status: 'Canceled',
      reason: 'canceled',
      counts: { read: 3, unconfirmed: 1, notSent: 2 },
    });
    expect(app.clock.now()).toBeLessThan(begun + 600_000);
    expect(requestsOf(app)).toEqual({ list: 1, import: 2 });
  });
});

describe('an import job is accepted, and its answer is lost', () => {
  test.each<[string, RequestFault['action']]>([
    ['a 500 after the job was taken', { kind: 'status', status: 500, when: 'after' }],
    ['a 503 after the job was taken', { kind: 'status', status: 503, when: 'after' }],
    ['a connection that drops after the job was taken', { kind: 'drop', when: 'after' }],
    ['an answer that is not JSON', { kind: 'not-json' }],
    ['an answer without the id of the job', { kind: 'without', field: 'activity_id' }],
    ['an answer without its state', { kind: 'without', field: 'state' }],
  ])('%s: the job is found by its file name, and not sent again', async (_, action) => {
    const exportId = await start();
    app.constantContact.failRequest({ ...posts, action });
    const outcome = await run(exportId);
    expectSuccess(outcome);
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toEqual({ ...once, jobs: 2 });
    expect(parkedFor(outcome.statuses)).toEqual([expect.stringMatching(/^settling /)]);
  });

  test('the job shows up late, but within the settle time: it is found all the same', async () => {
    const exportId = await start({ constantContact: { switches: { jobHiddenMilliseconds: 45_000 } } });
    app.constantContact.failRequest({ ...posts, action: { kind: 'drop', when: 'after' } });
    expectSuccess(await run(exportId));
    expect(jobsOf(app)).toEqual(allJobs);
    // The others are hidden as well when the run looks for their end: nobody asks for them one by one as long as they may show up.
    expect(requestsOf(app)).toEqual({ list: 1, import: 3, jobs: 5 });
  });

  test('the job shows up after the settle time: it is doubled, the list is right, and the report says so', async () => {
    const exportId = await start({
      constantContact: { jobMilliseconds: 200_000, switches: { jobHiddenMilliseconds: 90_000 } },
    });
    app.constantContact.failRequest({ ...posts, action: { kind: 'drop', when: 'after' } });
    const outcome = await run(exportId);
    expect(outcome).toMatchObject({ ...successful, status: 'Completed with warnings', reason: 'warnings' });
    expect(outcome.run.warnings).toEqual([expect.stringMatching(/^Batch 1: .*two import jobs/)]);
    expect(membersOf(app)).toEqual([...people]);
    expect(jobsOf(app)).toEqual(['1-1', '1-1', '2-1', '3-1']);
    expect(requestsOf(app)).toMatchObject({ import: 4 });
  });
});

describe('an import job is not accepted', () => {
  test.each<[string, RequestFault['action']]>([
    ['a 500', { kind: 'status', status: 500 }],
    ['a 503', { kind: 'status', status: 503 }],
    ['a 503 with Retry-After', { kind: 'status', status: 503, retryAfterSeconds: 5 }],
    ['a connection that drops before', { kind: 'drop', when: 'before' }],
  ])('%s: its name is looked up after the settle time, and it is sent again, once', async (_, action) => {
    const exportId = await start();
    app.constantContact.failRequest({ ...posts, action });
    expectSuccess(await run(exportId));
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toEqual({ list: 1, import: 4, jobs: 2 });
    expect(acceptedAt()[0]).toBeGreaterThanOrEqual(begun + 60_000);
  });

  test('five times in doubt: the run fails with a sentence, says what is unconfirmed, and sends no more', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...posts, times: 1000, action: { kind: 'status', status: 503 } });
    expect(await run(exportId)).toMatchObject({
      status: 'Failed',
      reason: 'constant-contact-unavailable',
      counts: { read: 3, unconfirmed: 1, notSent: 2 },
    });
    expect(jobsOf(app)).toEqual([]);
    expect(requestsOf(app)).toMatchObject({ list: 1, import: 5 });
  });
});

describe('Constant Contact is away', () => {
  const away = { kind: 'status', status: 503 } as const;

  test.each<[string, RequestFault['action']]>([
    ['answers 500', { kind: 'status', status: 500 }],
    ['drops connections', { kind: 'drop', when: 'before' }],
    ['answers in something else than JSON', { kind: 'not-json' }],
    ['answers without what was asked for', { kind: 'without', field: 'activities' }],
  ])('it %s for a while when the run looks for its jobs: the run waits', async (_, action) => {
    const exportId = await start();
    app.constantContact.failRequest({ ...looks, times: 4, action });
    expectSuccess(await run(exportId));
    expect(requestsOf(app)).toEqual({ ...once, jobs: 5 });
  });

  test('for a while when the run opens: it is tried again', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...lists, times: 3, action: away });
    expectSuccess(await run(exportId));
    expect(requestsOf(app)).toEqual({ ...once, list: 4 });
  });

  test('for good when the run opens: nothing is sent, and the sentence says what is away', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...lists, times: 1000, action: away });
    const outcome = await run(exportId);
    expect(outcome).toMatchObject({ status: 'Failed', reason: 'constant-contact-unavailable', counts: null });
    expect(outcome.run.reason?.sentence).toMatch(/Nothing was sent/);
    expect(jobsOf(app)).toEqual([]);
    expect(app.clock.now()).toBeLessThan(begun + 3_600_000);
  });

  test('for half an hour after everything was sent: the run goes on waiting, and ends well', async () => {
    const exportId = await start();
    const back = begun + 1_800_000;
    app.constantContact.failRequest({ ...looks, times: 1000, action: away });
    const outcome = await run(exportId, {
      before: () => {
        if (app.clock.now() >= back) app.constantContact.clearFaults();
      },
    });
    expectSuccess(outcome);
    expect(requestsOf(app)).toMatchObject({ list: 1, import: 3 });
  });

  test('for good after everything was sent: the contacts are unconfirmed, an hour later', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...looks, times: 1000, action: away });
    const outcome = await run(exportId);
    expect(outcome).toMatchObject({
      status: 'Completed with warnings',
      reason: 'warnings',
      counts: { read: 3, unconfirmed: 3 },
    });
    expect(outcome.run.reason?.sentence).toContain('did not confirm');
    expect(app.clock.now()).toBeLessThan(begun + 2 * 3_600_000);
    // Not more often than once a minute after a while.
    expect(requestsOf(app)['jobs']).toBeLessThan(100);
  });

  test('for good while a batch is in doubt: the run ends, and sends nothing a second time', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ ...posts, action: { kind: 'drop', when: 'after' } });
    app.constantContact.failRequest({ ...looks, times: 1000, action: away });
    expect(await run(exportId)).toMatchObject({
      status: 'Failed',
      reason: 'constant-contact-unavailable',
      counts: { read: 3, unconfirmed: 1, notSent: 2 },
    });
    expect(jobsOf(app)).toEqual(['1-1']);
  });
});

describe('the right to use the account', () => {
  const beforeSecondBatch = (act: () => void): HowDriven => ({
    before: ({ name, nth }) => {
      if (name === 'importBatch' && nth === 2) act();
    },
  });

  test('a token that is refused in mid-run is renewed, once, and the call made again', async () => {
    const exportId = await start();
    expectSuccess(
      await run(
        exportId,
        beforeSecondBatch(() => app.constantContact.revokeTokens('access')),
      ),
    );
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toEqual({ ...once, import: 4, token: 1 });
  });

  test('a token that ends in mid-run is renewed before it is used', async () => {
    const exportId = await start();
    expectSuccess(
      await run(
        exportId,
        beforeSecondBatch(() => app.passTime(86_400_000)),
      ),
    );
    expect(requestsOf(app)).toEqual({ ...once, token: 1 });
  });

  test('a token that is refused while the run waits is renewed', async () => {
    const exportId = await start();
    const how: HowDriven = {
      before: ({ name }) => {
        if (name === 'awaitImports') app.constantContact.revokeTokens('access');
      },
    };
    expectSuccess(await run(exportId, how));
    expect(requestsOf(app)).toEqual({ ...once, jobs: 2, token: 1 });
  });

  test('access revoked in mid-run: no more is sent, and somebody must sign in again', async () => {
    const exportId = await start();
    const outcome = await run(
      exportId,
      beforeSecondBatch(() => app.constantContact.revokeTokens('all')),
    );
    expect(outcome).toMatchObject({
      status: 'Failed',
      reason: 'reconnect-needed',
      counts: { read: 3, unconfirmed: 1, notSent: 2 },
    });
    expect(outcome.run.reason?.sentence).toContain('An administrator must sign in again');
    expect(jobsOf(app)).toEqual(['1-1']);
  });

  test('access revoked before the run: nothing is read or sent', async () => {
    const exportId = await start();
    app.constantContact.revokeTokens('all');
    expect(await run(exportId)).toMatchObject({ status: 'Failed', reason: 'reconnect-needed', counts: null });
    expect(app.files.names().filter((name) => name.endsWith('.csv'))).toEqual([]);
  });

  test('a right taken away in mid-run: what was accepted is counted, the rest is not sent', async () => {
    const exportId = await start();
    app.constantContact.failRequest({
      ...posts,
      skip: 1,
      times: 10,
      action: { kind: 'status', status: 403 },
    });
    expect(await run(exportId)).toMatchObject({
      status: 'Failed',
      reason: 'not-allowed',
      counts: { read: 3, accepted: 1, notSent: 2 },
    });
    expect(requestsOf(app)).toMatchObject({ import: 2 });
  });

  test('the list deleted in mid-run: what was accepted is counted, the rest is not sent', async () => {
    const exportId = await start();
    const outcome = await run(
      exportId,
      beforeSecondBatch(() => app.constantContact.deleteList(app.listId)),
    );
    expect(outcome).toMatchObject({
      status: 'Failed',
      reason: 'import-refused',
      counts: { read: 3, accepted: 1, notSent: 2 },
    });
    expect(outcome.run.reason?.sentence).toContain('the list may have been deleted');
    expect(jobsOf(app)).toEqual(['1-1']);
    expect(requestsOf(app)).toMatchObject({ import: 2 });
  });

  test('the token endpoint away for a while: the run waits for it', async () => {
    const exportId = await start();
    app.constantContact.failRequest({ path: '/oauth2', times: 2, action: { kind: 'status', status: 503 } });
    expectSuccess(
      await run(
        exportId,
        beforeSecondBatch(() => app.constantContact.revokeTokens('access')),
      ),
    );
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toMatchObject({ token: 3 });
  });
});

describe('an import job', () => {
  test.each(['failed', 'timed_out'] as const)(
    'that ends as %s is sent once more, under another name',
    async (end) => {
      const exportId = await start();
      app.constantContact.failJob({ fileName: '-2-1', end });
      expectSuccess(await run(exportId));
      expect(jobsOf(app)).toEqual([...allJobs, '2-2']);
      expect(requestsOf(app)).toEqual({ list: 1, import: 4, jobs: 2 });
    },
  );

  test.each(['failed', 'timed_out'] as const)(
    'that ends twice as %s is reported, and the others go through',
    async (end) => {
      const exportId = await start();
      app.constantContact.failJob({ fileName: '-2-', times: 2, end });
      const outcome = await run(exportId);
      expect(outcome).toMatchObject({
        status: 'Completed with warnings',
        reason: 'warnings',
        counts: { read: 3, accepted: 2, unconfirmed: 1 },
      });
      expect(jobsOf(app)).toEqual([...allJobs, '2-2']);
      expect(membersOf(app)).toEqual([people[0], people[2]]);
    },
  );

  test('that somebody cancels at Constant Contact is not sent again', async () => {
    const exportId = await start();
    app.constantContact.failJob({ fileName: '-2-', end: 'cancelled' });
    expect(await run(exportId)).toMatchObject({
      status: 'Completed with warnings',
      counts: { read: 3, accepted: 2, unconfirmed: 1 },
    });
    expect(jobsOf(app)).toEqual(allJobs);
    expect(requestsOf(app)).toEqual(once);
  });

  test('that stays in processing is unconfirmed after an hour', async () => {
    const exportId = await start();
    app.constantContact.failJob({ fileName: '-3-', end: 'stuck' });
    expect(await run(exportId)).toMatchObject({
      status: 'Completed with warnings',
      counts: { read: 3, accepted: 2, unconfirmed: 1 },
    });
    expect(jobsOf(app)).toEqual(allJobs);
    expect(app.clock.now()).toBeGreaterThanOrEqual(begun + 3_600_000);
    expect(app.clock.now()).toBeLessThan(begun + 3_900_000);
  });

  test.each<[string, Record<string, number>, object, RegExp]>([
    [
      'more refusals than contacts',
      { error_count: 2, correctable_count: 1 },
      { read: 3, accepted: 2, refused: 1 },
      /overlap/,
    ],
    ['a refusal below nought', { error_count: -1 }, { read: 3, accepted: 3 }, /no number/],
    ['half a refusal', { cannot_add_to_list_count: 0.5 }, { read: 3, accepted: 3 }, /no number/],
  ])(
    'whose counters do not add up (%s) is counted as well as can be, with a warning',
    async (_, counters, counts, said) => {
      const exportId = await start();
      app.constantContact.failJob({ fileName: '-1-', counters });
      const outcome = await run(exportId);
      expect(outcome).toMatchObject({ status: 'Completed with warnings', reason: 'warnings', counts });
      expect(outcome.run.warnings).toEqual([expect.stringMatching(said)]);
      expect(jobsOf(app)).toEqual(allJobs);
    },
  );
});

test('whatever mix of faults: the run ends, its counts add up, no file is two jobs, and success means that everybody is there', async () => {
  const action = fc.constantFrom<RequestFault['action']>(
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, when: 'after' },
    { kind: 'status', status: 429, reason: 'throttled' },
    { kind: 'status', status: 429, reason: 'queue', retryAfterSeconds: 7 },
    { kind: 'status', status: 429, reason: 'quota_exceeded' },
    { kind: 'status', status: 401 },
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    { kind: 'not-json' },
    { kind: 'without', field: 'activity_id' },
    { kind: 'without', field: 'activities' },
  );
  const fault = fc.record({
    target: fc.constantFrom(posts, looks, lists, { path: '/oauth2' }),
    skip: fc.nat({ max: 3 }),
    times: fc.integer({ min: 1, max: 4 }),
    action,
  });
  const job = fc.record({
    fileName: fc.constantFrom('-1-', '-2-', '-3-'),
    end: fc.constantFrom('failed' as const, 'timed_out' as const, 'cancelled' as const, 'stuck' as const),
  });
  const cases = fc.record({
    faults: fc.array(fault, { maxLength: 5 }),
    jobs: fc.array(job, { maxLength: 2 }),
    concurrency: fc.constantFrom('1', '3'),
  });
  let last: AppInMemory | undefined;
  await fc.assert(
    fc.asyncProperty(cases, async ({ faults, jobs, concurrency }) => {
      await last?.stop();
      const exportId = await start({ settings: { IMPORT_CONCURRENCY: concurrency } });
      last = app;
      for (const { target, ...rest } of faults) app.constantContact.failRequest({ ...target, ...rest });
      for (const one of jobs) app.constantContact.failJob(one);
      const { status, counts } = await run(exportId);
      const names = jobsOf(app);
      expect(new Set(names).size).toBe(names.length);
      if (status === 'Successful') expect(membersOf(app)).toEqual([...people]);
      // Nobody counts as accepted who is not there.
      expect(membersOf(app).length).toBeGreaterThanOrEqual(counts?.['accepted'] ?? 0);
      expect(status).not.toBe('Processing');
    }),
    { numRuns: 100 },
  );
}, 60_000);
