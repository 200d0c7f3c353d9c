// Closing a run: report, final row, release, removal. It can be repeated from any point, and comes to the same.
import { parse } from 'csv-parse/sync';
import { manifestName } from '../../shared/contacts/manifest';
import { makeCloseRun } from '../../shared/runs/close-run';
import { batchesLeft } from '../../shared/runs/retry-files';
import type { Closing } from '../../shared/runs/steps';
import type { ImportRecord } from '../../shared/runs/import-record';
import { messagesBlob } from '../../shared/runs/job-messages';
import { aBatch, aRecord, noCounters, noon, runId } from './support/fixtures';
import { addressOf, makePreparedRun, type PreparedRunOptions } from './support/prepared-run';

const folder = `${runId}/`;
const completed = (batch: number, change: Partial<ImportRecord> = {}) =>
  aRecord(batch, { state: 'completed', ended: 'completed', counters: noCounters, ...change });
const failed = (batch: number) => aRecord(batch, { state: 'failed', ended: 'failed', attempt: 2 });

/** The store, with `disturb` before or after each of its operations. */
const disturbed = <T extends object>(store: T, moment: 'before' | 'after', disturb: () => void): T =>
  new Proxy(store, {
    get(target, name) {
      const operation = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        if (moment === 'before') disturb();
        const result = await operation(...args);
        if (moment === 'after') disturb();
        return result;
      };
    },
  });

async function start(options: PreparedRunOptions & { inClear?: boolean } = {}) {
  const prepared = await makePreparedRun({
    records: [completed(1), completed(2)],
    manifest: { addressesInClear: options.inClear ?? false },
    ...options,
  });
  const closeRun = makeCloseRun(prepared.deps);
  return {
    ...prepared,
    close: (reason: Closing = 'done') => closeRun({ runId, reason }),
    say: (batch: number, messages: readonly string[], attempt = 1) =>
      prepared.files.write(
        messagesBlob(runId, batch, attempt),
        JSON.stringify({ batch, messages }),
        'application/json',
      ),
    rejects: () => parse(prepared.files.text(`${folder}rejects.csv`)),
    report: () => JSON.parse(prepared.files.text(`${folder}report.json`)) as Record<string, unknown>,
  };
}

describe('a run that went well', () => {
  test('ends as Successful, with its counts, and frees its export', async () => {
    const app = await start();
    app.time.advance(90_000);
    await app.close();
    expect(await app.run()).toMatchObject({
      status: 'Successful',
      reason: null,
      endedAt: new Date(noon + 90_000).toISOString(),
      counts: { read: 20, accepted: 20, duplicate: 0, rejected: 0, refused: 0, unconfirmed: 0, notSent: 0 },
      rejects: `${folder}e1/rejects.csv`,
    });
    expect(await app.runs.lock('spring')).toMatchObject({ runId: null });
  });

  test('commits the pointers of the data that it sent', async () => {
    const app = await start({ run: { pointers: { customers: 'p1' } } });
    await app.close();
    expect(await app.runs.lock('spring')).toMatchObject({ runId: null, pointers: { customers: 'p1' } });
  });

  test('keeps manifest, report and rejects, and nothing else', async () => {
    const app = await start();
    await app.say(1, ['Line 2: x']);
    await app.close();
    expect(app.files.names()).toEqual([
      `${folder}manifest.json`,
      `${folder}rejects.csv`,
      `${folder}report.json`,
    ]);
    expect(await app.imports.all(runId)).toEqual([]);
  });

  test('is told in the log with its outcome and counts, once', async () => {
    const app = await start();
    app.time.advance(90_000);
    await app.close();
    await app.close();
    expect(app.logged.events).toEqual([
      {
        level: 'info',
        event: 'run.ended',
        dimensions: {
          run: runId,
          export: 'spring',
          connection: 'main',
          trigger: 'on-demand',
          outcome: 'Successful',
          reason: undefined,
          seconds: 90,
          read: 20,
          accepted: 20,
          duplicate: 0,
          rejected: 0,
          refused: 0,
          unconfirmed: 0,
          notSent: 0,
        },
      },
    ]);
  });

  test('takes from the manifest why profiles were rejected and which values were cut', async () => {
    const counts = { read: 13, contacts: 10, duplicate: 1, rejected: 2 };
    const app = await start({
      batches: [aBatch(1)],
      records: [completed(1)],
      manifest: { counts, rejectedByReason: { 'address-blank': 2 }, cutByField: { first_name: 4 } },
    });
    await app.close();
    expect(await app.run()).toMatchObject({
      status: 'Completed with warnings',
      counts: { read: 13, accepted: 10, duplicate: 1, rejected: 2 },
      rejectedByReason: { 'address-blank': 2 },
      cutByField: { first_name: 4 },
    });
  });
});

describe('the report', () => {
  test('says what became of each batch', async () => {
    const app = await start({
      batches: [1, 2, 3].map((number) => aBatch(number)),
      records: [completed(1), failed(2)],
    });
    await app.close();
    expect(app.report()).toMatchObject({
      status: 'Failed',
      counts: { accepted: 10, unconfirmed: 10, notSent: 10 },
      batches: [
        { batch: 1, contacts: 10, attempts: 1, state: 'completed', ended: 'completed', job: 'job-1' },
        { batch: 2, contacts: 10, attempts: 2, state: 'failed', ended: 'failed', job: 'job-2' },
        { batch: 3, contacts: 10, attempts: 0, state: 'not-sent', ended: null, job: null },
      ],
    });
  });

  test('holds no address', async () => {
    const app = await start();
    await app.say(1, [`Line 2: ${addressOf(1, 1)} is bad`]);
    await app.close();
    expect(app.files.text(`${folder}report.json`)).not.toContain('@');
  });
});

describe('batches that did not go through', () => {
  test('keep their files for a later try; the others are removed', async () => {
    const batches = [1, 2, 3, 4].map((number) => aBatch(number));
    const app = await start({
      batches,
      records: [completed(1), failed(2), aRecord(3, { state: 'unconfirmed' })],
    });
    await app.close();
    const kept = app.files.names().filter((name) => name.includes('/batch-'));
    expect(kept).toEqual(batches.slice(1).map(({ blob }) => blob));
  });
});

describe('the rejects file', () => {
  test('has what prepare rejected first, and then what Constant Contact says, with masked addresses', async () => {
    const app = await start({
      records: [completed(1, { counters: { ...noCounters, errorCount: 2 } }), completed(2)],
    });
    await app.files.write(
      app.manifest.rejects,
      'segment,shard,row,column,reason,profile_id,address\r\ncustomers,customers_1.csv,3,Email,There is no address.,c3,\r\n',
      'text/csv',
    );
    await app.say(2, ['Line 11: no longer valid']);
    await app.say(1, [`Line 3: ${addressOf(1, 2)} has opted out`, 'something else']);
    await app.close();
    expect(app.rejects().slice(1)).toEqual([
      ['customers', 'customers_1.csv', '3', 'Email', 'There is no address.', 'c3', ''],
      [
        '',
        'batch-000001.csv (batch 1)',
        '2',
        '',
        'Constant Contact: Line 3: p***@e***.com has opted out',
        '',
        'p***@e***.com',
      ],
      ['', 'batch-000001.csv (batch 1)', '', '', 'Constant Contact: something else', '', ''],
      [
        '',
        'batch-000002.csv (batch 2)',
        '10',
        '',
        'Constant Contact: Line 11: no longer valid',
        '',
        'p***@e***.com',
      ],
    ]);
    expect(app.files.text(`${folder}rejects.csv`)).not.toContain('person-');
  });

  test('shows addresses in full when the export asks for it', async () => {
    const app = await start({ inClear: true });
    await app.say(1, [`Line 3: ${addressOf(1, 2)} has opted out`]);
    await app.close();
    expect(app.rejects()[1]![6]).toBe(addressOf(1, 2));
    expect(app.rejects()[1]![4]).toContain(addressOf(1, 2));
  });

  test('makes cells harmless that a spreadsheet would run', async () => {
    const blob = aBatch(1).blob;
    const app = await start({ inClear: true });
    await app.files.write(blob, 'email\r\n=1+1@example.com\r\n', 'text/csv');
    await app.say(1, ['Line 2: bad']);
    await app.close();
    expect(app.rejects()[1]![6]).toBe("'=1+1@example.com");
  });

  test('has the messages of the last attempt of a batch only: it took what the first one complained about', async () => {
    const app = await start({ records: [failed(1), completed(2)] });
    await app.say(1, ['first'], 1);
    await app.say(1, ['second'], 2);
    await app.close();
    expect(
      app
        .rejects()
        .slice(1)
        .map((row) => row[4]),
    ).toEqual(['Constant Contact: second']);
  });
});

describe('a run that ended otherwise', () => {
  test.each([
    ['changing', 'segment-changing', /kept changing.*nothing was sent/],
    ['broken', 'internal', /failed again and again/],
    ['no-secrets', 'vault-refused', /role Key Vault Secrets Officer/],
    ['done', 'internal', /ended before everything was sent/],
  ] as const)('before it was prepared is Failed, with its reason: %s', async (closing, code, sentence) => {
    const app = await start();
    await app.files.remove(manifestName(folder));
    await app.close(closing);
    expect(await app.run()).toMatchObject({
      status: 'Failed',
      reason: { code, sentence: expect.stringMatching(sentence) as string },
      counts: null,
      rejects: null,
    });
    expect(await app.runs.lock('spring')).toMatchObject({ runId: null });
    expect(app.files.names()).toEqual([`${folder}report.json`]);
  });

  test('keeps the reason that it has already', async () => {
    const reason = { code: 'reconnect-needed', sentence: 'Sign in again.' };
    const app = await start({ run: { reason }, records: [completed(1)] });
    await app.close('broken');
    expect(await app.run()).toMatchObject({ status: 'Failed', reason });
  });

  test('as preparing refused it keeps its rejects file', async () => {
    const rejects = `${folder}e1/rejects.csv`;
    const app = await start({ run: { reason: { code: 'x', sentence: 'X.' }, rejects } });
    await app.files.remove(manifestName(folder));
    await app.close();
    expect(await app.run()).toMatchObject({ status: 'Failed', rejects });
    expect(app.files.names()).toEqual([rejects, `${folder}report.json`]);
  });

  test('by a cancel says how much had been sent', async () => {
    const app = await start({ run: { cancelRequested: true }, records: [completed(1)] });
    await app.close();
    expect(await app.run()).toMatchObject({
      status: 'Canceled',
      reason: { code: 'canceled', sentence: expect.stringContaining('10 contacts') as string },
      counts: { accepted: 10, notSent: 10 },
    });
  });
});

describe('a batch that is being sent while the run is closed as broken', () => {
  test('counts as unconfirmed when it was claimed before', async () => {
    const app = await start({ records: [completed(1), aRecord(2, { state: 'claimed', jobId: null })] });
    await app.close('broken');
    expect((await app.run()).counts).toMatchObject({ accepted: 10, unconfirmed: 10, notSent: 0 });
  });

  test('is not begun any more once its claims have been counted: the reason is in the row by then', async () => {
    const app = await start({ records: [completed(1)] });
    const { imports } = app;
    let reasonAtCount;
    const closeRun = makeCloseRun({
      ...app.deps,
      imports: {
        ...imports,
        async all(id) {
          reasonAtCount ??= (await app.run()).reason;
          return imports.all(id);
        },
      },
    });
    await closeRun({ runId, reason: 'broken' });
    expect(reasonAtCount).toMatchObject({ code: 'internal' });
  });
});

describe('closing again', () => {
  test('changes nothing, also when the next run is on', async () => {
    const app = await start();
    await app.close();
    const [run, names] = [await app.run(), app.files.names()];
    app.time.advance(5_000);
    await app.close('broken');
    expect(await app.run()).toEqual(run);
    expect(app.files.names()).toEqual(names);
  });

  test('after a failure at any step comes to what an undisturbed closing comes to', async () => {
    const batches = [1, 2, 3].map((number) => aBatch(number));
    const records = [completed(1), failed(2), completed(3, { counters: { ...noCounters, errorCount: 1 } })];
    const scene = async (options: PreparedRunOptions = {}) => {
      const app = await start({ batches, records, ...options });
      await app.say(3, [`Line 2: ${addressOf(3, 1)} is bad`]);
      return app;
    };
    const contents = (app: Awaited<ReturnType<typeof scene>>) =>
      app.files.names().map((name) => [name, app.files.text(name)]);
    const undisturbed = await scene();
    await undisturbed.close();

    // Every operation on blobs, rows and records fails once, in a closing of its own: before it takes effect, and after.
    for (const moment of ['before', 'after'] as const) {
      for (let step = 1; ; step++) {
        let left = Infinity;
        const disturb = () => {
          left -= 1;
          if (left === 0) throw new Error('storage is away');
        };
        const app = await scene({ blobs: { [moment]: disturb } });
        const closeRun = makeCloseRun({
          ...app.deps,
          runs: disturbed(app.runs, moment, disturb),
          imports: disturbed(app.imports, moment, disturb),
        });
        left = step;
        const undisturbedAtLast = await closeRun({ runId, reason: 'done' }).then(
          () => true,
          () => false,
        );
        if (undisturbedAtLast) {
          expect(step).toBeGreaterThan(20);
          break;
        }
        await app.close();
        expect(contents(app)).toEqual(contents(undisturbed));
        expect(await app.run()).toEqual({
          ...(await undisturbed.run()),
          endedBy: expect.any(String) as string,
        });
        expect(await app.runs.lock('spring')).toEqual(await undisturbed.runs.lock('spring'));
        expect(await app.imports.all(runId)).toEqual([]);
      }
    }
  });

  test('after the report was written ends the run as the report says', async () => {
    let dies = true;
    const app = await start({
      records: [completed(1), aRecord(2)],
      blobs: {
        after(operation, name) {
          if (operation !== 'create' || !name.endsWith('/report.json') || !dies) return;
          dies = false;
          throw new Error('killed');
        },
      },
    });
    await expect(app.close()).rejects.toThrow('killed');
    const report = app.report();
    app.time.advance(60_000);
    const open = (await app.imports.get(runId, 2))!;
    await app.imports.put(runId, open, completed(2));
    await app.close('broken');
    expect(app.report()).toEqual(report);
    const { status, counts, endedAt, reason } = await app.run();
    expect(report).toMatchObject({ status, counts, endedAt, reason });
    expect(counts).toMatchObject({ accepted: 10, unconfirmed: 10 });
  });

  describe('by another execution, from its first look to its last step, while this one', () => {
    async function disturbedBy(options: PreparedRunOptions, where: 'records' | 'messages') {
      let other: (() => Promise<unknown>) | undefined;
      const meanwhile = async () => {
        const close = other;
        other = undefined;
        await close?.();
      };
      const app = await start({
        ...options,
        blobs: {
          async before(operation, name) {
            if (where === 'messages' && operation === 'read' && name.includes('/messages/'))
              await meanwhile();
          },
        },
      });
      await app.say(1, [`Line 2: ${addressOf(1, 1)} is bad`]);
      other = app.close;
      const late = makeCloseRun({
        ...app.deps,
        imports: {
          ...app.imports,
          async all(id) {
            if (where === 'records') await meanwhile();
            return app.imports.all(id);
          },
        },
      });
      return { ...app, closeLate: () => late({ runId, reason: 'done' }) };
    }
    const scenes = ['records', 'messages'] as const;

    test.each(scenes)('reads its %s, leaves report and rejects file as they are', async (where) => {
      const app = await disturbedBy({}, where);
      await app.closeLate();
      expect(app.report()).toMatchObject({ status: 'Successful', batches: [{ state: 'completed' }, {}] });
      expect(app.rejects()).toHaveLength(2);
      expect(await app.run()).toMatchObject({ status: 'Successful', rejects: `${folder}rejects.csv` });
    });

    test.each(scenes)('reads its %s, is told in the log once', async (where) => {
      const app = await disturbedBy({}, where);
      await app.closeLate();
      const ends = app.logged.events.filter(({ event }) => event === 'run.ended');
      expect(ends).toMatchObject([{ dimensions: { outcome: 'Successful', accepted: 20 } }]);
    });

    test.each(scenes)('reads its %s, leaves the run as one that can be retried', async (where) => {
      const app = await disturbedBy({ records: [completed(1), failed(2)] }, where);
      await app.closeLate();
      expect((await app.run()).batchesLeft).toBe(1);
      expect((await batchesLeft(app.files, runId))?.batches.map(({ number }) => number)).toEqual([2]);
      expect(app.files.names()).toContain(aBatch(2).blob);
    });
  });

  test('by two at once ends the run once', async () => {
    const app = await start();
    const outcomes = await Promise.allSettled([app.close(), app.close()]);
    // One may find a file gone that the other has removed; the host tries it again.
    if (outcomes.some(({ status }) => status === 'rejected')) await app.close();
    expect(await app.run()).toMatchObject({ status: 'Successful' });
    expect(app.logged.events.map(({ event }) => event)).toEqual(['run.ended']);
    expect(app.files.names()).toEqual([
      `${folder}e1/rejects.csv`,
      `${folder}manifest.json`,
      `${folder}report.json`,
    ]);
  });

  test('late, after everything was confirmed, is no failure of the run', async () => {
    const app = await start();
    await app.close('broken');
    expect(await app.run()).toMatchObject({ status: 'Successful', reason: null });
  });

  test('with more warnings than a row takes keeps the first, all of them in the report, and frees the export', async () => {
    const fields = Array.from({ length: 10 }, (_, number) => `cf:${`${number} `.padEnd(50, '"')}`);
    const segments = Array.from({ length: 25 }, (_, number) => `${number} `.padEnd(256, 'x'));
    const later = Array.from({ length: 900 }, (_, index) =>
      aBatch(index + 3, { wave: 1, columns: ['email', ...fields] }),
    );
    const app = await start({
      batches: [aBatch(1), aBatch(2), ...later],
      run: { segments, pointers: Object.fromEntries(segments.map((name) => [name, 'p'.repeat(32)])) },
    });
    await app.close();
    const { status, warnings } = await app.run();
    expect(status).toBe('Completed with warnings');
    expect(warnings.at(-1)).toMatch(/^There are 8\d\d more warnings/);
    expect(app.report()['warnings']).toHaveLength(900);
    expect(app.report()['warnings']).toEqual(expect.arrayContaining(warnings.slice(0, -1)));
    expect(await app.runs.lock('spring')).toMatchObject({ runId: null });
  });

  test('of a run that nobody knows does nothing', async () => {
    const app = await start();
    const closeRun = makeCloseRun(app.deps);
    await closeRun({ runId: 'spring-20260301120000-zzzzzzzzzzzz', reason: 'done' });
    expect(await app.run()).toMatchObject({ status: 'Processing' });
  });
});
