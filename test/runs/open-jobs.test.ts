// Jobs that stay open at Constant Contact for long: nobody is in two of them at once.
import { makeImportStore } from '../../shared/runs/import-store';
import { makeRetryRun } from '../../shared/runs/retry-run';
import type { Run } from '../../shared/runs/run';
import { containerUrl, startAppInMemory, type AppInMemory } from '../support/app-in-memory';
import { driveRun } from '../support/drive-run';
import { addsUp, jobsOf, makeSmallExport, membersOf, outcomeOf, people } from '../under-fire/small-export';

const minute = 60_000;
const hour = 60 * minute;
let app: AppInMemory;
afterEach(() => app.stop());

const fields = ['first_name', 'last_name', 'company_name', 'job_title', 'city'];

/** An export of 31 people, each of whom fills other columns: one job with the addresses alone, then one wave after another. */
async function makeExportOfWaves(): Promise<string> {
  const rows = Array.from({ length: 31 }, (_, nth) => {
    const cells = fields.map((field, bit) => (((nth + 1) >> bit) & 1 ? `${field}${nth}` : ''));
    return [`person${nth}@example.com`, ...cells].join(',');
  });
  const csv = [['Email', ...fields].join(','), ...rows, ''].join('\n');
  await app.segments.write('everybody.csv', csv, 'text/csv');
  const entity = {
    $type: 'LocalEntity',
    name: 'Everybody',
    attributes: ['Email', ...fields].map((name) => ({ name, dataType: 'string' })),
    partitions: [
      {
        name: 'Everybody',
        location: `${containerUrl}/everybody.csv`,
        fileFormatSettings: { columnHeaders: true },
      },
    ],
  };
  const model = JSON.stringify({ name: 'export', version: '1.0', entities: [entity] });
  await app.segments.write('model.json', model, 'application/json');
  const mapping = { email: 'Email', fields: Object.fromEntries(fields.map((field) => [field, field])) };
  return (await app.makeExport({ mapping, segments: ['Everybody'] })).id;
}

test('the job of the addresses does not end in time: no columns are sent after it, and a warning says so', async () => {
  app = await startAppInMemory();
  const exportId = await makeExportOfWaves();
  app.constantContact.failJob({ fileName: '-1-1', milliseconds: 2 * hour });
  const run = await app.run(exportId);
  expect(jobsOf(app)).toEqual(['1-1']);
  expect(outcomeOf(run)).toEqual({
    status: 'Completed with warnings',
    reason: 'warnings',
    counts: { read: 31, unconfirmed: 31 },
  });
  expect(run.warnings[0]).toMatch(/^The columns of later waves were not sent/);
});

describe('a retry', () => {
  const trigger = { kind: 'on-demand', by: 'tenant/person', name: 'Ada' } as const;
  const retry = (run: Run) => app.deps.retryRun.start(run, trigger);
  async function retried(run: Run, by = app.deps.retryRun): Promise<Run> {
    const outcome = await by.start(run, trigger);
    if (outcome.kind !== 'started') throw new Error(outcome.reason.code);
    const passTimeTo = (moment: number) => app.passTime(Math.max(0, moment - app.clock.now()));
    await driveRun({ deps: app.deps, clock: app.clock, passTimeTo }, outcome.run.id).ended;
    return (await app.deps.runs.get(outcome.run.id))!;
  }

  /** A run of three batches that is canceled while its jobs are open. */
  async function canceledRun(
    ...faults: Parameters<AppInMemory['constantContact']['failJob']>[0][]
  ): Promise<Run> {
    app = await startAppInMemory();
    const exportId = await makeSmallExport(app);
    const { runId, ended } = await app.begin(exportId, {
      before: ({ name, nth }) => (name === 'awaitImports' && nth === 1 ? app.cancel(runId) : undefined),
    });
    for (const fault of faults) app.constantContact.failJob(fault);
    app.constantContact.failJob({ times: 3, milliseconds: 10 * minute });
    await ended;
    const run = (await app.deps.runs.get(runId))!;
    expect(outcomeOf(run)).toMatchObject({ status: 'Canceled', counts: { read: 3, unconfirmed: 3 } });
    return run;
  }
  const refusedBy = async (run: Run) => {
    const outcome = await retry(run);
    if (outcome.kind !== 'refused') throw new Error('started');
    return {
      code: outcome.reason.code,
      minutes: Math.ceil(((outcome.until ?? 0) - app.clock.now()) / minute),
    };
  };

  test('is refused while jobs are open, and says when to come back; what has completed is not sent again, but counted', async () => {
    const earlier = await canceledRun();
    expect(await refusedBy(earlier)).toEqual({ code: 'jobs-open', minutes: 5 });
    app.passTime(10 * minute);
    const run = await retried(earlier);
    expect(outcomeOf(run)).toEqual({ status: 'Successful', reason: null, counts: { read: 3, accepted: 3 } });
    expect(run.batchesLeft).toBe(0);
    expect(jobsOf(app)).toEqual(['1-1', '2-1', '3-1']);
    expect(membersOf(app)).toEqual([...people]);
    // The earlier run stays as it was.
    expect(await app.deps.runs.get(earlier.id)).toEqual(earlier);
  });

  test('of a run with a job that is not listed is refused as long as it may show up', async () => {
    const earlier = await canceledRun();
    const retryRun = makeRetryRun({
      ...app.deps,
      imports: makeImportStore(app.tables.imports),
      constantContact: () => ({ importJobs: () => Promise.resolve([]) }),
      settle: hour,
    });
    const { batches } = (await app.deps.runDetails(earlier))!;
    const lastSent = Math.max(...batches.map(({ sentBy }) => Date.parse(sentBy!)));
    const refused = { reason: { code: 'jobs-open' }, until: lastSent + hour };
    expect(await retryRun.start(earlier, trigger)).toMatchObject(refused);
    app.passTime(hour);
    expect(outcomeOf(await retried(earlier, retryRun))).toMatchObject({ counts: { read: 3, accepted: 3 } });
    expect(jobsOf(app)).toHaveLength(6);
  });

  test('sends again what has failed meanwhile, and that alone', async () => {
    const earlier = await canceledRun({ fileName: '-2-1', end: 'failed', milliseconds: 10 * minute });
    app.passTime(10 * minute);
    const run = await retried(earlier);
    expect(outcomeOf(run)).toMatchObject({ status: 'Successful', counts: { read: 3, accepted: 3 } });
    expect(jobsOf(app)).toEqual(['1-1', '2-1', '3-1', '2-1']);
    expect(addsUp(run)).toBe(true);
  });

  test('tells what Constant Contact has said meanwhile about rows', async () => {
    const counters = { error_count: 1 };
    const earlier = await canceledRun({ fileName: '-2-1', milliseconds: 10 * minute, counters });
    app.passTime(10 * minute);
    const { importJobs } = app.deps.constantContact(earlier.connectionId);
    const withMessages: typeof importJobs = async (range) =>
      (await importJobs(range)).map((job) =>
        job.fileName?.includes('-2-1') ? { ...job, errors: ['Line 2: bad'] } : job,
      );
    const retryRun = makeRetryRun({
      ...app.deps,
      imports: makeImportStore(app.tables.imports),
      constantContact: () => ({ importJobs: withMessages }),
      settle: 0,
    });
    const run = await retried(earlier, retryRun);
    expect(run.counts).toMatchObject({ read: 3, accepted: 2, refused: 1 });
    expect(app.files.text(run.rejects!)).toContain('Constant Contact: Line 2: bad');
  });

  test('sends the columns that were held back once the job of the addresses has completed', async () => {
    app = await startAppInMemory();
    const exportId = await makeExportOfWaves();
    app.constantContact.failJob({ fileName: '-1-1', milliseconds: 2 * hour });
    const earlier = await app.run(exportId);
    expect((await retry(earlier)).kind).toBe('refused');
    app.passTime(hour);
    const run = await retried(earlier);
    expect(outcomeOf(run)).toMatchObject({ status: 'Successful', counts: { read: 31, accepted: 31 } });
    const { jobs } = app.constantContact.state(0);
    expect(jobs.length).toBe(earlier.batchesLeft);
    expect(jobs.filter(({ contacts }) => contacts === 31)).toHaveLength(1);
  });

  test('that another run is faster than leaves nothing behind', async () => {
    const earlier = await canceledRun();
    app.passTime(10 * minute);
    const begin = app.deps.leftovers.expect;
    Object.assign(app.deps.leftovers, {
      async expect(runId: string) {
        await begin(runId);
        const wanted = (await app.deps.exports.get(earlier.exportId))!.value;
        const id = `${wanted.id}-20260302120000-bbbbbbbbbbbb`;
        await app.deps.startRun(wanted, { id, trigger, pointers: {} });
      },
    });
    expect(await retry(earlier)).toMatchObject({ kind: 'refused', reason: { code: 'run-on' } });
    expect(app.tables.imports.dump().size).toBe(3);
    app.passTime(48 * hour);
    await app.deps.leftovers.sweep();
    expect(app.tables.imports.dump().size).toBe(0);
  });
});
