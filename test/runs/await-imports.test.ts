// Looking at the import jobs of a run: one listing for all of them, and what each record becomes.
import { DaySpent, WaitForSlot } from '../../shared/constant-contact/budget';
import { ServiceUnavailable } from '../../shared/constant-contact/errors';
import { ReconnectNeeded } from '../../shared/constant-contact/token-errors';
import { makeAwaitImports } from '../../shared/runs/await-imports';
import { messagesBlob } from '../../shared/runs/job-messages';
import { aBatch, aJob, aRecord, noCounters, noon, runId } from './support/fixtures';
import { makePreparedRun, settle, type PreparedRunOptions } from './support/prepared-run';

const limits = { deadline: 3_600_000, settle };
const fileName = (batch: number, attempt = 1) => `${runId}-${batch}-${attempt}.csv`;
const jobOf = (batch: number, change: Parameters<typeof aJob>[0] = {}) =>
  aJob({ id: `job-${batch}`, fileName: fileName(batch), ...change });

async function start(options: PreparedRunOptions = {}) {
  const prepared = await makePreparedRun({ batches: [1, 2, 3].map((number) => aBatch(number)), ...options });
  const awaitImports = makeAwaitImports({ ...prepared.deps, limits });
  return { ...prepared, look: () => awaitImports({ runId }) };
}
const open = (count = 3) => Array.from({ length: count }, (_, index) => aRecord(index + 1));

describe('open jobs', () => {
  test('are all looked at with one listing, from the start of the run on', async () => {
    const app = await start({ records: open() });
    app.account.jobs = [jobOf(1, { state: 'completed' }), jobOf(2), jobOf(3, { state: 'failed' })];
    await expect(app.look()).resolves.toEqual({
      kind: 'looked',
      open: 1,
      again: [{ batch: 3, attempt: 2 }],
    });
    expect(app.account.calls).toEqual([
      { method: 'importJobs', args: [{ since: new Date(noon).toISOString() }] },
    ]);
    expect(await app.record(1)).toMatchObject({ state: 'completed', counters: noCounters });
    expect(await app.record(2)).toEqual(aRecord(2));
    expect(await app.record(3)).toMatchObject({ state: 'failed', ended: 'failed' });
  });

  test('that are missing in the listing are asked for by their ids', async () => {
    const app = await start({ records: open() });
    app.account.jobs = [
      jobOf(1, { state: 'completed' }),
      jobOf(2, { state: 'completed' }),
      jobOf(3, { state: 'completed' }),
    ];
    app.account.hidden = new Set(['job-2']);
    app.time.advance(settle);
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 0, again: [] });
    expect(app.account.called('importJob')).toEqual([['job-2']]);
  });

  test('that are missing in the listing are not asked for as long as they may show up there', async () => {
    const app = await start({ records: open() });
    app.account.jobs = [jobOf(1), jobOf(2, { state: 'completed' }), jobOf(3)];
    app.account.hidden = new Set(['job-2']);
    app.time.advance(settle - 1);
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 3, again: [] });
    app.account.hidden.clear();
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 2, again: [] });
    expect(app.account.called('importJob')).toEqual([]);
  });

  test('that were found before the requests ran out are noted, and the others stay open', async () => {
    const app = await start({ records: open() });
    const state = 'completed';
    app.account.jobs = [jobOf(1, { state }), jobOf(2, { state }), jobOf(3, { state })];
    app.account.hidden = new Set(['job-1', 'job-2']);
    app.time.advance(limits.deadline);
    app.account.before = (method) => {
      if (method === 'importJob' && app.account.called('importJob').length > 1)
        throw new WaitForSlot(noon + limits.deadline + 5_000);
    };
    await expect(app.look()).resolves.toMatchObject({ kind: 'later', why: 'request-budget' });
    const states = await Promise.all([1, 2, 3].map(async (batch) => (await app.record(batch))?.state));
    expect(states).toEqual(['completed', 'open', 'completed']);
  });

  test('that Constant Contact knows nowhere stay open until the deadline, and are then unconfirmed', async () => {
    const app = await start({ records: open(1) });
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 1, again: [] });
    app.time.advance(limits.deadline);
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 0, again: [], unconfirmed: 1 });
    expect(await app.record(1)).toMatchObject({ state: 'unconfirmed' });
  });

  test('of other runs and other attempts are not taken for ours', async () => {
    const app = await start({ records: [aRecord(1, { state: 'claimed', jobId: null, acceptedAt: null })] });
    app.account.jobs = [
      aJob({ id: 'x', fileName: `other-${fileName(1)}`, state: 'completed' }),
      aJob({ id: 'y', fileName: fileName(1, 2), state: 'completed' }),
      aJob({ id: 'z', fileName: fileName(11), state: 'completed' }),
    ];
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 1, again: [] });
    expect(await app.record(1)).toMatchObject({ state: 'claimed' });
  });

  test('there being none, nothing is asked', async () => {
    const app = await start({
      records: [aRecord(1, { state: 'completed' }), aRecord(2, { state: 'unconfirmed' })],
    });
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 0, again: [], unconfirmed: 1 });
    expect(app.account.calls).toEqual([]);
  });

  test('that two executions look at come out the same', async () => {
    const app = await start({ records: open() });
    app.account.jobs = [1, 2, 3].map((batch) => jobOf(batch, { state: 'completed' }));
    const results = await Promise.all([app.look(), app.look()]);
    expect(results).toEqual([results[0], results[0]]);
    expect((await app.imports.all(runId)).map(({ value }) => value.state)).toEqual([
      'completed',
      'completed',
      'completed',
    ]);
  });
});

describe('a batch in doubt', () => {
  const doubtful = aRecord(1, { state: 'claimed', jobId: null, acceptedAt: null, until: noon });

  test('is found by the name of its file', async () => {
    const app = await start({ records: [doubtful] });
    app.account.jobs = [jobOf(1)];
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 1, again: [] });
    expect(await app.record(1)).toMatchObject({ state: 'open', jobId: 'job-1', acceptedAt: noon });
  });

  test('is waited for as long as its job may show up, and is then sent again', async () => {
    const app = await start({ records: [doubtful] });
    app.time.advance(settle - 1);
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 1, again: [] });
    app.time.advance(1);
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 0, again: [{ batch: 1, attempt: 1 }] });
  });

  test('whose sender writes down its job at the same moment keeps what the sender wrote', async () => {
    const app = await start({ records: [doubtful] });
    app.account.jobs = [jobOf(1, { state: 'completed' })];
    const before = await app.imports.get(runId, 1);
    app.account.after = async () => {
      await app.imports.put(runId, before, aRecord(1, { state: 'open' }));
    };
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 1, again: [] });
    expect(await app.record(1)).toEqual(aRecord(1, { state: 'open' }));
  });
});

test('a look that finds nothing new writes nothing', async () => {
  const app = await start({ records: open() });
  app.account.jobs = [1, 2, 3].map((batch) => jobOf(batch));
  const etags = async () => (await app.imports.all(runId)).map(({ etag }) => etag);
  const before = await etags();
  await app.look();
  expect(await etags()).toEqual(before);
});

describe('two jobs of one file', () => {
  test('are remarked on, and counted once, when the first shows up after the second was sent', async () => {
    const app = await start({ records: open(1) });
    app.account.jobs = [
      aJob({ id: 'late', fileName: fileName(1), state: 'completed' }),
      jobOf(1, { state: 'completed' }),
    ];
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 0, again: [] });
    expect(await app.record(1)).toMatchObject({ state: 'completed', jobId: 'job-1', remarks: ['doubled'] });
  });
});

describe('what Constant Contact says about single rows', () => {
  const message = 'Line 2: secret.person@example.com is not valid';

  test('is kept in Blob storage alone: not in tables, not in logs', async () => {
    const app = await start({ records: open(1) });
    app.account.jobs = [
      jobOf(1, { state: 'completed', errors: [message], counters: { ...aJob().counters, errors: 1 } }),
    ];
    await app.look();
    expect(JSON.parse(app.files.text(messagesBlob(runId, 1, 1)))).toEqual({ batch: 1, messages: [message] });
    const tables = JSON.stringify([...app.tables.imports.dump(), ...app.tables.runs.dump()]);
    expect(tables + app.logged.text()).not.toContain('secret.person');
    expect(await app.record(1)).toMatchObject({ counters: { errorCount: 1 } });
  });

  test('is kept for a failed attempt too, beside that of the next', async () => {
    const app = await start({ records: open(1) });
    app.account.jobs = [jobOf(1, { state: 'failed', errors: [message] })];
    await app.look();
    const failed = await app.imports.get(runId, 1);
    await app.imports.put(runId, failed, aRecord(1, { attempt: 2, jobId: 'second' }));
    app.account.jobs.push(
      aJob({ id: 'second', fileName: fileName(1, 2), state: 'completed', errors: ['other'] }),
    );
    await app.look();
    expect(app.files.names().filter((name) => name.includes('/messages/'))).toEqual([
      messagesBlob(runId, 1, 1),
      messagesBlob(runId, 1, 2),
    ]);
  });

  test('is not asked for a job that is still open', async () => {
    const app = await start({ records: open(1) });
    app.account.jobs = [jobOf(1, { errors: [message] })];
    await app.look();
    expect(app.files.names().filter((name) => name.includes('/messages/'))).toEqual([]);
  });
});

test('the end of a batch is told once in the log when two look at the same time, and when the first look cannot note it', async () => {
  const app = await start({ records: open(1) });
  app.account.jobs = [jobOf(1, { state: 'completed' })];
  let puts = 0;
  const unlucky = makeAwaitImports({
    ...app.deps,
    imports: {
      ...app.imports,
      put: (...args) => (++puts === 1 ? Promise.reject(new Error('away')) : app.imports.put(...args)),
    },
    limits,
  });
  await expect(unlucky({ runId })).rejects.toThrow('away');
  await Promise.all([app.look(), app.look(), app.look()]);
  expect(app.logged.events.map(({ event }) => event)).toEqual(['batch.ended']);
});

test('the end of a batch is told once in the log, by ids, counters and the time that it took', async () => {
  const app = await start({ records: open(1) });
  app.time.advance(42_000);
  app.account.jobs = [jobOf(1, { state: 'completed', counters: { ...aJob().counters, cannotAddToList: 2 } })];
  await app.look();
  await app.look();
  expect(app.logged.events).toEqual([
    {
      level: 'info',
      event: 'batch.ended',
      dimensions: {
        run: runId,
        export: 'spring',
        batch: 1,
        attempt: 1,
        outcome: 'completed',
        seconds: 42,
        errorCount: 0,
        correctableCount: 0,
        cannotAddToListCount: 2,
      },
    },
  ]);
});

describe('a look that is not possible', () => {
  test.each([
    ['the second is full', new WaitForSlot(noon + 5_000), 'request-budget'],
    ['the day is spent', new DaySpent(noon + 5_000), 'day-budget'],
  ])('is put off: %s', async (_name, error, why) => {
    const app = await start({ records: open(1) });
    app.account.before = () => {
      throw error;
    };
    await expect(app.look()).resolves.toEqual({ kind: 'later', until: noon + 5_000, why });
    expect(await app.record(1)).toEqual(aRecord(1));
  });

  test('as the sign-in is gone stops the run with its reason', async () => {
    const app = await start({ records: open(1) });
    app.account.before = () => {
      throw new ReconnectNeeded('main', 'refresh-token-refused');
    };
    await expect(app.look()).resolves.toEqual({ kind: 'stopped' });
    expect(await app.run()).toMatchObject({ reason: { code: 'reconnect-needed' } });
    expect(await app.record(1)).toEqual(aRecord(1));
  });

  test('as Constant Contact is away leaves the jobs open', async () => {
    const app = await start({ records: open(1) });
    app.account.before = () => {
      throw new ServiceUnavailable({ method: 'GET', path: '/activities', status: 503 });
    };
    await expect(app.look()).resolves.toEqual({ kind: 'looked', open: 1, again: [] });
    expect(await app.record(1)).toMatchObject({ state: 'open', unseenSince: noon });
  });
});

describe('a run that was cancelled', () => {
  test('has one last look, so that what was accepted is known, and stops', async () => {
    const app = await start({ records: open(1), run: { cancelRequested: true } });
    app.account.jobs = [jobOf(1, { state: 'completed' })];
    app.account.hidden = new Set(['job-1']);
    await expect(app.look()).resolves.toEqual({ kind: 'stopped' });
    expect(await app.record(1)).toMatchObject({ state: 'completed' });
  });

  test('does not wait for a look that is put off', async () => {
    const app = await start({ records: open(1), run: { cancelRequested: true } });
    app.account.before = () => {
      throw new DaySpent(noon + 5_000);
    };
    await expect(app.look()).resolves.toEqual({ kind: 'stopped' });
  });
});

test('a run that is over, or that nobody knows, is not looked at', async () => {
  const app = await start({ records: open(1), run: { status: 'Failed' } });
  await expect(app.look()).resolves.toEqual({ kind: 'stopped' });
  const unknown = makeAwaitImports({ ...app.deps, limits });
  await expect(unknown({ runId: 'spring-20260301120000-zzzzzzzzzzzz' })).resolves.toEqual({
    kind: 'stopped',
  });
  expect(app.account.calls).toEqual([]);
});
