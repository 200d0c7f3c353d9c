// A scheduled run that would send once more what was sent: when it is skipped, and above all when it is not.
import type { Export } from '../../shared/exports/export';
import type { Runner } from '../../shared/runs/repair';
import { scheduledRunId, type Run, type Trigger } from '../../shared/runs/run';
import { startAppInMemory, type AppInMemory } from '../support/app-in-memory';
import { driveRun } from '../support/drive-run';
import {
  jobsOf,
  makeSmallExport,
  membersOf,
  outcomeOf,
  requestsOf,
  successful,
  writeShard,
} from '../under-fire/small-export';

let app: AppInMemory;
let exportId: string;
async function start(settings: Readonly<Record<string, string>> = {}) {
  app = await startAppInMemory({ settings: { RUN_RETRY_SECONDS: 'off', ...settings } });
  exportId = await makeSmallExport(app);
}
beforeEach(() => start());
afterEach(() => app.stop());

/** Runs the export as the timer does. */
async function scheduled(kind: 'refresh' | 'schedule' | 'new-data' = 'schedule'): Promise<Run> {
  app.passTime(3_600_000);
  const at = new Date(app.clock.now());
  const id = scheduledRunId(exportId, kind === 'new-data' ? 'refresh' : kind, at);
  const wanted = (await app.deps.exports.get(exportId))!.value;
  const trigger: Trigger = kind === 'new-data' ? { kind } : { kind, dueAt: at.toISOString(), missedBy: null };
  await app.deps.startRun(wanted, { id, trigger, pointers: {} });
  const passTimeTo = (moment: number) => app.passTime(Math.max(0, moment - app.clock.now()));
  await driveRun({ deps: app.deps, clock: app.clock, passTimeTo }, id).ended;
  return (await app.deps.runs.get(id))!;
}

async function change(change: Partial<Export>) {
  const stored = (await app.deps.exports.get(exportId))!;
  await app.deps.exports.change({ ...stored.value, ...change }, stored.etag);
}

const newPeople = async () => {
  await writeShard(app, ['9,dora@example.com,Dora,Dean']);
  const model = app.segments.text('model.json');
  await app.segments.write('model.json', model, 'application/json');
};

test.each(['refresh', 'schedule'] as const)(
  'with everything as the last run had it, a run of the trigger "%s" is Skipped, and says why',
  async (kind) => {
    const first = await scheduled(kind);
    expect(outcomeOf(first)).toEqual(successful);
    const jobs = jobsOf(app);
    const run = await scheduled(kind);
    expect(run).toMatchObject({ status: 'Skipped', counts: null, rejects: null, batchesLeft: null });
    expect(run.reason).toMatchObject({ code: 'no-new-data' });
    expect(run.reason?.sentence).toMatch(/^No new data: /);
    expect(jobsOf(app)).toEqual(jobs);
    // The run after it is skipped as well.
    expect(await scheduled(kind)).toMatchObject({ status: 'Skipped' });
    expect(await app.deps.runs.lock(exportId)).toMatchObject({ runId: null });
  },
);

test('rejected profiles are no reason to send the others again', async () => {
  await writeShard(app, ['1,ann@example.com,Ann,Bell', '2,nobody,Bob,']);
  expect(await scheduled()).toMatchObject({ status: 'Completed with warnings' });
  expect(await scheduled()).toMatchObject({ status: 'Skipped' });
});

describe('it runs', () => {
  const runsAgain = async () => {
    const run = await scheduled();
    expect(run.status).toBe('Successful');
    expect(run.counts?.accepted).toBeGreaterThan(0);
  };
  test('the first time', runsAgain);

  test('with other data', async () => {
    await scheduled();
    await newPeople();
    await runsAgain();
  });

  test('with a file that was written anew under the same model.json', async () => {
    await scheduled();
    await writeShard(app, ['9,dora@example.com,Dora,Dean']);
    await runsAgain();
    expect(membersOf(app)).toContain('dora@example.com');
  });

  test('with another mapping', async () => {
    await scheduled();
    await change({ mapping: { email: 'Email', fields: { first_name: 'First' } } });
    await runsAgain();
  });

  test('with another list', async () => {
    await scheduled();
    const [list] = app.constantContact.seed({ lists: [{ name: 'Others' }] });
    await change({ listId: list!.id });
    await runsAgain();
  });

  test('with another connection', async () => {
    await scheduled();
    const { connections } = app.deps;
    const other = (await connections.get('connection1'))!;
    await connections.create({ ...other, id: 'connection2', name: 'Another one' });
    const tokens = app.secrets.get('constant-contact-tokens-connection1')!;
    app.secrets.set('constant-contact-tokens-connection2', tokens);
    await change({ connectionId: 'connection2' });
    await runsAgain();
  });

  test('when somebody asks for it', async () => {
    await scheduled();
    expect(outcomeOf(await app.run(exportId))).toEqual(successful);
  });

  test('when new data asks for it', async () => {
    await scheduled();
    expect(outcomeOf(await scheduled('new-data'))).toEqual(successful);
  });

  test('when the setting says so', async () => {
    await app.stop();
    await start({ RUN_WITHOUT_NEW_DATA: 'true' });
    await scheduled();
    await runsAgain();
  });

  test('after a run that failed', async () => {
    await scheduled();
    await change({ listId: '5f0c1b52-6a0e-4b1f-8d39-5c2b6e0a9f11' });
    expect(await scheduled()).toMatchObject({ status: 'Failed' });
    await change({ listId: app.listId });
    await runsAgain();
  });

  test('after a run that left something unconfirmed', async () => {
    app.constantContact.failJob({ end: 'cancelled' });
    expect(await scheduled()).toMatchObject({ batchesLeft: 1 });
    expect((await scheduled()).status).toBe('Successful');
    expect(await scheduled()).toMatchObject({ status: 'Skipped' });
  });

  test('after a run that was canceled', async () => {
    const { runId, ended } = await app.begin(exportId, {
      before: ({ name }) => (name === 'prepareBatches' ? app.cancel(runId) : undefined),
    });
    await ended;
    expect(await app.deps.runs.get(runId)).toMatchObject({ status: 'Canceled' });
    await runsAgain();
  });
});

test('what is wrong with the account is not hidden by it', async () => {
  await scheduled();
  app.constantContact.failRequest({
    method: 'GET',
    path: '/v3/contact_lists',
    action: { kind: 'status', status: 404 },
  });
  expect(await scheduled()).toMatchObject({ status: 'Failed', reason: { code: 'list-unknown' } });
  expect(requestsOf(app)['import']).toBe(3);
});

test('what a run has read starts no other run, also of a segment that the export spells in another case', async () => {
  await change({ segments: ['PEOPLE'] });
  await newPeople();
  app.passTime(3_600_000);
  expect((await app.run(exportId)).pointers).toMatchObject({ PEOPLE: expect.any(String) as string });
  const started: string[] = [];
  const runner: Runner = {
    look: () => Promise.resolve({ state: 'over' }),
    start: (runId) => Promise.resolve(void started.push(runId)),
  };
  await app.deps.tick(runner);
  expect(started).toEqual([]);
});
