// A run that makes good an earlier one: it sends what that one left, and nothing else.
import { makeImportStore } from '../../shared/runs/import-store';
import { makeRetryRun } from '../../shared/runs/retry-run';
import type { Run } from '../../shared/runs/run';
import { startAppInMemory, type AppInMemory } from '../support/app-in-memory';
import { driveRun } from '../support/drive-run';
import {
  addsUp,
  jobsOf,
  makeSmallExport,
  membersOf,
  outcomeOf,
  people,
  writeShard,
} from '../under-fire/small-export';

const posts = { method: 'POST', path: '/v3/activities' } as const;
const trigger = { kind: 'on-demand', by: 'tenant/person', name: 'Ada' } as const;

let app: AppInMemory;
let exportId: string;
beforeEach(async () => {
  app = await startAppInMemory({ settings: { IMPORT_CONCURRENCY: '1', RUN_RETRY_SECONDS: 'off' } });
  exportId = await makeSmallExport(app);
});
afterEach(() => app.stop());

/** One batch of three goes through. */
async function failedRun(): Promise<Run> {
  app.constantContact.failRequest({ ...posts, skip: 1, action: { kind: 'status', status: 400 } });
  const run = await app.run(exportId);
  expect(run).toMatchObject({ status: 'Failed', batchesLeft: 2, counts: { accepted: 1, notSent: 2 } });
  app.passTime(60_000);
  return run;
}

const retry = (run: Run) => app.deps.retryRun.start(run, trigger);
const refusedBy = async (run: Run) => {
  const outcome = await retry(run);
  return outcome.kind === 'refused' ? outcome.reason.code : outcome.kind;
};

async function retried(run: Run): Promise<Run> {
  const outcome = await retry(run);
  if (outcome.kind !== 'started') throw new Error(outcome.reason.code);
  const { id } = outcome.run;
  const passTimeTo = (moment: number) => app.passTime(Math.max(0, moment - app.clock.now()));
  await driveRun({ deps: app.deps, clock: app.clock, passTimeTo }, id).ended;
  return (await app.deps.runs.get(id))!;
}

test('sends the batches that were left, with counts of its own, from the files of then', async () => {
  const earlier = await failedRun();
  // What the segment and the export are by now does not matter.
  await writeShard(app, ['9,dora@example.com,Dora,Dean']);
  const run = await retried(earlier);
  expect(outcomeOf(run)).toEqual({ status: 'Successful', reason: null, counts: { read: 2, accepted: 2 } });
  expect(addsUp(run)).toBe(true);
  expect(run).toMatchObject({
    retryOf: earlier.id,
    trigger,
    segments: earlier.segments,
    listId: earlier.listId,
  });
  expect(jobsOf(app)).toEqual(['1-1', '1-1', '2-1']);
  expect(membersOf(app)).toEqual([...people]);
  const names = app.constantContact.state(0).jobs.map(({ fileName }) => fileName);
  expect(names.slice(1)).toEqual([`${run.id}-1-1.csv`, `${run.id}-2-1.csv`]);
  // The earlier run stays as it was.
  expect(await app.deps.runs.get(earlier.id)).toEqual(earlier);
});

test('is refused when the export goes to another list by now', async () => {
  const earlier = await failedRun();
  const [list] = app.constantContact.seed({ lists: [{ name: 'Others' }] });
  const stored = (await app.deps.exports.get(exportId))!;
  await app.deps.exports.change({ ...stored.value, listId: list!.id }, stored.etag);
  await expect(retry(earlier)).resolves.toMatchObject({
    kind: 'refused',
    reason: { code: 'export-changed' },
  });
});

test('is refused when a segment was taken out of the export since', async () => {
  const earlier = await failedRun();
  const stored = (await app.deps.exports.get(exportId))!;
  await app.deps.exports.change({ ...stored.value, segments: ['another'] }, stored.etag);
  await expect(retry(earlier)).resolves.toMatchObject({
    kind: 'refused',
    reason: { code: 'export-changed' },
  });
});

const limitContacts = (contactLimit: number) =>
  app.deps.connections.change('connection1', undefined, (connection) => ({ ...connection, contactLimit }));

test('keeps to the limit that the connection has by now: what was left counts, and is left still', async () => {
  const earlier = await failedRun();
  await limitContacts(1);
  const run = await retried(earlier);
  expect(outcomeOf(run)).toEqual({ status: 'Failed', reason: 'too-many-contacts', counts: null });
  expect(run.reason?.sentence).toContain('2 contacts are prepared');
  expect(jobsOf(app)).toEqual(['1-1']);
  await limitContacts(2);
  expect(await retried(earlier)).toMatchObject({ status: 'Successful', counts: { accepted: 2 } });
});

test('leaves what it cannot send either to another one, and that is not the first one any more', async () => {
  const earlier = await failedRun();
  app.constantContact.failRequest({ ...posts, skip: 1, action: { kind: 'status', status: 400 } });
  const second = await retried(earlier);
  expect(second).toMatchObject({ status: 'Failed', batchesLeft: 1 });
  expect(await refusedBy(earlier)).toBe('later-run-sent');
  app.passTime(60_000);
  const third = await retried(second);
  expect(outcomeOf(third)).toEqual({ status: 'Successful', reason: null, counts: { read: 1, accepted: 1 } });
  expect(membersOf(app)).toEqual([...people]);
});

test('one that sends nothing leaves the earlier one as it is', async () => {
  const earlier = await failedRun();
  const tokens = app.secrets.get('constant-contact-tokens-connection1')!;
  app.secrets.delete('constant-contact-tokens-connection1');
  app.passTime(120 * 60_000);
  expect(await retried(earlier)).toMatchObject({ status: 'Failed', reason: { code: 'reconnect-needed' } });
  app.secrets.set('constant-contact-tokens-connection1', tokens);
  app.passTime(60_000);
  expect((await retried(earlier)).status).toBe('Successful');
});

test('together with the earlier run all is sent, so that a scheduled run has nothing new', async () => {
  const earlier = await failedRun();
  expect(await app.deps.runs.lock(exportId)).toMatchObject({ sentAll: null });
  await retried(earlier);
  expect(await app.deps.runs.lock(exportId)).toMatchObject({ sentAll: earlier.fingerprint });
});

test('batches of a later wave alone are sent, and counted', async () => {
  const columns = ['First', 'Last', 'City', 'Zip', 'Company'];
  const fields = {
    first_name: 'First',
    last_name: 'Last',
    city: 'City',
    zip: 'Zip',
    company_name: 'Company',
  };
  const rows = Array.from({ length: 40 }, (_, index) => {
    const cells = columns.map((_name, bit) => ((index + 1) & (1 << bit) ? `v${bit}` : ''));
    return [`p${index}@example.com`, ...cells].join(',');
  });
  const model = JSON.parse(app.segments.text('model.json')) as { entities: { attributes: object[] }[] };
  model.entities[0]!.attributes = ['Email', ...columns].map((name) => ({ name, dataType: 'string' }));
  await app.segments.write('model.json', JSON.stringify(model), 'application/json');
  await app.segments.write(
    'people.csv',
    [['Email', ...columns].join(','), ...rows, ''].join('\n'),
    'text/csv',
  );
  const stored = (await app.deps.exports.get(exportId))!;
  await app.deps.exports.change({ ...stored.value, mapping: { email: 'Email', fields } }, stored.etag);

  const whole = await app.run(exportId);
  const { batches } = (await app.deps.runDetails(whole))!;
  const inWave0 = batches.filter(({ wave }) => wave === 0).length;
  expect(batches.length).toBeGreaterThan(inWave0);
  app.passTime(60_000);
  app.constantContact.failRequest({ ...posts, skip: inWave0, action: { kind: 'status', status: 400 } });
  const earlier = await app.run(exportId);
  expect(earlier.counts).toMatchObject({ accepted: 40, notSent: 0 });
  expect(earlier.batchesLeft).toBe(batches.length - inWave0);
  app.passTime(60_000);
  const run = await retried(earlier);
  expect(run).toMatchObject({ status: 'Successful', batchesLeft: 0 });
  expect(run.counts!.accepted).toBeGreaterThan(0);
  expect(addsUp(run)).toBe(true);
});

describe('is refused', () => {
  test('when nothing was left', async () => {
    expect(await refusedBy(await app.run(exportId))).toBe('nothing-to-retry');
  });

  test('when the run made no batch', async () => {
    const stored = (await app.deps.exports.get(exportId))!;
    await app.deps.exports.change(
      { ...stored.value, listId: '5f0c1b52-6a0e-4b1f-8d39-5c2b6e0a9f11' },
      stored.etag,
    );
    expect(await refusedBy(await app.run(exportId))).toBe('nothing-to-retry');
  });

  test('when a later run has sent something', async () => {
    const earlier = await failedRun();
    await app.run(exportId);
    expect(await refusedBy(earlier)).toBe('later-run-sent');
    expect(await app.deps.retryRun.refusal(earlier)).toMatchObject({ code: 'later-run-sent' });
  });

  test('when such a run comes and goes between the look and the start', async () => {
    const earlier = await failedRun();
    let looks = 0;
    const { exports } = app.deps;
    const slow = makeRetryRun({
      ...app.deps,
      imports: makeImportStore(app.tables.imports),
      settle: 0,
      exports: {
        async get(id) {
          if ((looks += 1) === 1) await app.run(exportId);
          return exports.get(id);
        },
      },
    });
    await expect(slow.start(earlier, trigger)).resolves.toMatchObject({
      kind: 'refused',
      reason: { code: 'later-run-sent' },
    });
    expect(await app.deps.runs.lock(exportId)).toMatchObject({ runId: null });
  });

  test('while the run itself, or another one of the export, is on', async () => {
    const earlier = await failedRun();
    const wanted = (await app.deps.exports.get(exportId))!.value;
    const id = `${exportId}-20260302120000-bbbbbbbbbbbb`;
    await app.deps.startRun(wanted, { id, trigger, pointers: {} });
    await expect(retry(earlier)).resolves.toMatchObject({
      kind: 'refused',
      reason: { code: 'run-on' },
      runId: id,
    });
    expect(await refusedBy((await app.deps.runs.get(id))!)).toBe('run-on');
  });

  test('when the files are gone', async () => {
    const earlier = await failedRun();
    const file = app.files.names().find((name) => name.includes('/batch-'))!;
    await app.files.remove(file);
    expect(await refusedBy(earlier)).toBe('files-gone');
    await app.files.removeAll(`${earlier.id}/`);
    expect(await refusedBy(earlier)).toBe('files-gone');
  });

  test('when the export is gone, or has another connection', async () => {
    const earlier = await failedRun();
    const stored = (await app.deps.exports.get(exportId))!;
    const detached = (await app.deps.exports.change({ ...stored.value, connectionId: null }, stored.etag))!;
    expect(await refusedBy(earlier)).toBe('export-changed');
    await app.deps.exports.remove(exportId, detached.etag);
    expect(await refusedBy(earlier)).toBe('export-changed');
  });
});

test('files that vanish after the start end it, with the reason, and nothing of it is left', async () => {
  const earlier = await failedRun();
  const outcome = await retry(earlier);
  if (outcome.kind !== 'started') throw new Error('not started');
  const { id } = outcome.run;
  const drive = driveRun(
    {
      deps: app.deps,
      clock: app.clock,
      passTimeTo: () => undefined,
      async before({ name }) {
        const file = app.files
          .names()
          .filter((one) => one.startsWith(`${earlier.id}/`) && one.includes('/batch-'));
        if (name === 'prepareBatches') await app.files.remove(file[1]!);
      },
    },
    id,
  );
  await drive.ended;
  expect(await app.deps.runs.get(id)).toMatchObject({ status: 'Failed', reason: { code: 'files-gone' } });
  expect(app.files.names().filter((name) => name.startsWith(`${id}/`))).toEqual([`${id}/report.json`]);
});

test('delivered twice, every step comes to the same', async () => {
  const earlier = await failedRun();
  const outcome = await retry(earlier);
  if (outcome.kind !== 'started') throw new Error('not started');
  const { id } = outcome.run;
  const passTimeTo = (moment: number) => app.passTime(Math.max(0, moment - app.clock.now()));
  await driveRun({ deps: app.deps, clock: app.clock, passTimeTo, deliverTwice: true }, id).ended;
  expect(outcomeOf((await app.deps.runs.get(id))!)).toEqual({
    status: 'Successful',
    reason: null,
    counts: { read: 2, accepted: 2 },
  });
  expect(jobsOf(app)).toEqual(['1-1', '1-1', '2-1']);
});

test('goes on like any other when its cause passes', async () => {
  await app.stop();
  app = await startAppInMemory({ settings: { IMPORT_CONCURRENCY: '1' } });
  exportId = await makeSmallExport(app);
  const earlier = await failedRun();
  app.constantContact.failRequest({ ...posts, times: 5, action: { kind: 'status', status: 503 } });
  const run = await retried(earlier);
  expect(run).toMatchObject({ status: 'Successful', tries: 1, counts: { read: 2, accepted: 2 } });
  expect(membersOf(app)).toEqual([...people]);
});
