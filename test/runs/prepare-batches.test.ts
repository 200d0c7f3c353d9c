// Preparing a run: what the orchestration is told, and what stops it.
import { setImmediate } from 'node:timers/promises';
import { readManifest } from '../../shared/contacts/manifest';
import { makeExportStore } from '../../shared/exports/export-store';
import { makeRunStore } from '../../shared/runs/run-store';
import { planBlob, type Plan } from '../../shared/runs/plan';
import { makePrepareBatches } from '../../shared/runs/prepare-batches';
import type { Run } from '../../shared/runs/run';
import { ColumnMissing, ShardChanged } from '../../shared/segments/errors';
import { makeRecordingLog } from '../constant-contact/support/recording-log';
import { makeRowCounts } from '../../shared/segments/row-counts';
import { makeMemoryBlobs, type MemoryBlobsOptions } from '../support/memory-blobs';
import { makeMemoryTable } from '../support/memory-tables';
import { makeFakeSegments } from './support/fake-segments';
import { aRun, aSegment, listId, runId } from './support/fixtures';

const people = (count: number) =>
  Array.from({ length: count }, (_, index) => [`c${index}`, `person${index}@example.com`, 'Ann']);

interface Options {
  readonly rows?: readonly (readonly string[] | undefined)[];
  readonly run?: Partial<Run>;
  readonly plan?: Partial<Plan> | null;
  readonly limits?: { maxContacts?: number; maxMalformedShare?: number };
  readonly blobs?: MemoryBlobsOptions;
}

async function start({ rows = people(3), run = {}, plan = {}, limits = {}, blobs }: Options = {}) {
  const table = makeMemoryTable();
  const runs = makeRunStore(table);
  const files = makeMemoryBlobs(blobs);
  const segments = makeFakeSegments(...rows);
  const logged = makeRecordingLog();
  await runs.start(aRun(run));
  if (plan !== null) {
    const whole: Plan = {
      listId,
      mapping: { email: 'Email', fields: { first_name: 'FirstName' } },
      addressesInClear: false,
      contactLimit: null,
      segments: [aSegment('customers')],
      ...plan,
    };
    await files.write(planBlob(runId, 1), JSON.stringify(whole), 'application/json');
  }
  const rowCounts = makeRowCounts(makeMemoryTable());
  const prepareBatches = makePrepareBatches({
    runs,
    exports: makeExportStore(makeMemoryTable()),
    segments,
    rowCounts,
    files,
    log: logged.log,
    limits: { maxContacts: 1_000_000, maxMalformedShare: 0.05, ...limits },
  });
  return {
    table,
    rowCounts,
    runs,
    files,
    segments,
    logged,
    prepare: () => prepareBatches({ runId, round: 1 }),
    openedAnew: () => runs.update(runId, (before) => ({ ...before, round: 2, listId: 'of round 2' })),
    manifest: () => readManifest(files, `${runId}/`),
    run: async () => (await runs.get(runId))!,
    written: () => files.names().filter((name) => !name.includes('/plan-')),
  };
}

test('the orchestration learns how many batches each wave has, and how many contacts there are', async () => {
  const app = await start();
  await expect(app.prepare()).resolves.toEqual({ kind: 'prepared', waves: [1], contacts: 3 });
  expect(app.written().some((name) => name.endsWith('/manifest.json'))).toBe(true);
});

test('a segment without contacts has no batches, and is prepared all the same', async () => {
  const app = await start({ rows: [] });
  await expect(app.prepare()).resolves.toEqual({ kind: 'prepared', waves: [], contacts: 0 });
});

test('a second execution, at the same time or later, comes to the same', async () => {
  const app = await start();
  const results = await Promise.all([app.prepare(), app.prepare()]);
  const again = await app.prepare();
  expect([...results, again]).toEqual([again, again, again]);
  const executions = new Set(app.written().flatMap((name) => /\/([0-9a-f-]{36})\//.exec(name)?.[1] ?? []));
  expect(executions.size).toBe(1);
});

test('the log and the tables get counts, and no address', async () => {
  const app = await start({ rows: [...people(40), ['x', 'not an address', 'Bob']] });
  await app.prepare();
  const of = { run: runId, export: 'spring', connection: 'main' };
  expect(app.logged.events).toEqual([
    {
      level: 'info',
      event: 'run.segment-prepared',
      dimensions: { ...of, segment: 'customers', read: 41, contacts: 40, duplicate: 0, rejected: 1 },
    },
    {
      level: 'info',
      event: 'run.prepared',
      dimensions: { ...of, read: 41, contacts: 40, duplicate: 0, rejected: 1, batches: 1 },
    },
  ]);
  expect(JSON.stringify([...app.table.dump()])).not.toContain('@');
});

describe('nothing is sent, and the run has its reason, when', () => {
  async function refused(app: Awaited<ReturnType<typeof start>>, code: string, sentence: RegExp) {
    await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
    expect((await app.run()).reason).toEqual({ code, sentence: expect.stringMatching(sentence) as string });
    expect(app.written().some((name) => name.endsWith('/manifest.json'))).toBe(false);
  }

  test('there are more contacts than the limit', async () => {
    const app = await start({ rows: people(6), limits: { maxContacts: 5 } });
    await refused(app, 'too-many-contacts', /6 contacts.*limit is 5/);
    expect((await app.run()).counts).toMatchObject({ read: 6, accepted: 0, notSent: 6 });
  });

  test('there are more contacts than the connection may send', async () => {
    const app = await start({ rows: people(6), plan: { contactLimit: 4 }, limits: { maxContacts: 5 } });
    await refused(app, 'too-many-contacts', /Over the limit.*6 contacts.*limit is 4/);
    expect((await app.run()).counts).toMatchObject({ read: 6, accepted: 0, notSent: 6 });
  });

  test('too many rows are malformed, and the rejects file that names them is kept', async () => {
    const app = await start({
      rows: [...people(3), undefined, undefined],
      limits: { maxMalformedShare: 0.3 },
    });
    await refused(app, 'too-many-malformed-rows', /2 of 5 rows/);
    const { rejects } = await app.run();
    expect(app.files.text(rejects!)).toContain('The row has more or fewer fields');
  });

  test('the column of the address is absent', async () => {
    const app = await start();
    app.segments.beforeRow = () => {
      throw new ColumnMissing('customers', 'customers_1.csv', ['Email'], ['CustomerId']);
    };
    await refused(app, 'column-missing', /lacks the column "Email".*Change the mapping/);
  });
});

test('a limit that is just reached is no reason to refuse', async () => {
  const app = await start({
    rows: [...people(5), undefined],
    limits: { maxContacts: 5, maxMalformedShare: 1 / 6 },
  });
  await expect(app.prepare()).resolves.toMatchObject({ kind: 'prepared', contacts: 5 });
});

test('files that change under the read are told to the orchestration, and nothing of what was written is kept', async () => {
  const app = await start();
  app.segments.beforeRow = (_shard, row) => {
    if (row === 2) throw new ShardChanged('customers', 'customers_1.csv');
  };
  await expect(app.prepare()).resolves.toEqual({ kind: 'changed' });
  expect((await app.run()).reason).toBeNull();
  expect(app.written()).toEqual([]);
  expect(app.logged.events).toEqual([
    { level: 'warn', event: 'run.segment-changed', dimensions: { run: runId, export: 'spring', round: 1 } },
  ]);
});

describe('a cancel', () => {
  test('before the read stops it at once', async () => {
    const app = await start({ run: { cancelRequested: true } });
    await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
    expect(app.written()).toEqual([]);
  });

  test('during the read stops it at the next checkpoint, and leaves no file', async () => {
    const app = await start({ rows: people(75_000) });
    let rows = 0;
    app.segments.beforeRow = (_shard, row) => {
      rows = row;
      // Rows come from afar: others have their turn meanwhile.
      if (row % 1_000 === 0) return setImmediate();
      return row === 5
        ? app.runs.update(runId, (run) => ({ ...run, cancelRequested: true })).then(() => undefined)
        : undefined;
    };
    await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
    expect(rows).toBeGreaterThanOrEqual(50_000);
    expect(rows).toBeLessThan(75_000);
    expect(app.written()).toEqual([]);
    expect((await app.run()).reason).toBeNull();
  });
});

test('a run that is over is not prepared by an execution that comes late', async () => {
  const app = await start();
  await app.runs.finish(runId, (run) => ({ ...run, status: 'Failed' }));
  await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
  expect(app.written()).toEqual([]);
});

test('an execution that reads on while the run is sent and closed takes nothing away from it', async () => {
  const app = await start();
  let second = false;
  app.segments.beforeRow = async () => {
    if (second) return;
    second = true;
    // Another execution prepares, and the run is closed, without any messages of Constant Contact, while this one reads.
    await expect(app.prepare()).resolves.toMatchObject({ kind: 'prepared' });
    const manifest = await readManifest(app.files, `${runId}/`);
    await app.runs.finish(runId, (run) => ({ ...run, status: 'Successful', rejects: manifest!.rejects }));
  };
  await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
  const manifest = await readManifest(app.files, `${runId}/`);
  expect(app.written()).toContain(manifest!.rejects);
  expect(new Set(app.written().map((name) => name.split('/')[1]))).toEqual(
    new Set(['manifest.json', manifest!.execution]),
  );
});

test('the manifest settles what is sent and where to, and the row says the same', async () => {
  const app = await start({ run: { listId: 'another' } });
  await app.prepare();
  const settled = { listId, pointers: { customers: 'pointer-of-customers' } };
  expect((await app.manifest())?.settled).toMatchObject(settled);
  expect(await app.run()).toMatchObject({ ...(await app.manifest())?.settled, prepared: true });
});

describe('an execution of an earlier round', () => {
  test('that comes when the run has been opened anew does nothing', async () => {
    const app = await start();
    const run = await app.openedAnew();
    await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
    expect(app.written()).toEqual([]);
    expect(await app.run()).toEqual(run);
  });

  test('that is at work meanwhile stops at its next checkpoint, and leaves no file', async () => {
    const app = await start();
    app.segments.beforeRow = async (_shard, row) => {
      if (row === 1) await app.openedAnew();
    };
    await expect(app.prepare()).resolves.toEqual({ kind: 'stopped' });
    expect(app.written()).toEqual([]);
  });

  test('that finds a fault does not stop the run, and leaves no file', async () => {
    const app = await start({ rows: people(6), limits: { maxContacts: 5 } });
    // It is past its last checkpoint by then.
    const { removeAll } = app.files;
    app.files.removeAll = async (prefix) => {
      await app.openedAnew();
      await removeAll.call(app.files, prefix);
    };
    await app.prepare();
    expect(await app.run()).toMatchObject({ reason: null, rejects: null, counts: null });
    expect(app.written()).toEqual([]);
  });

  test('that is first with its manifest all the same decides, and the row follows', async () => {
    const app = await start({
      blobs: {
        async before(operation, name) {
          if (operation === 'create' && name.endsWith('/manifest.json')) await app.openedAnew();
        },
      },
    });
    await expect(app.prepare()).resolves.toMatchObject({ kind: 'prepared' });
    expect(await app.run()).toMatchObject({ ...(await app.manifest())?.settled, round: 2, listId });
  });
});

test.each([
  ['finds that the files changed', new ShardChanged('customers', 'customers_1.csv')],
  ['finds a fault', new ColumnMissing('customers', 'customers_1.csv', ['Email'], ['CustomerId'])],
])(
  'an execution that %s, when another has prepared the run, comes to the same as that one',
  async (_, error) => {
    const app = await start();
    let other: unknown;
    app.segments.beforeRow = async () => {
      app.segments.beforeRow = () => undefined;
      other = await app.prepare();
      throw error;
    };
    const result = await app.prepare();
    expect(result).toEqual(other);
    expect(result).toMatchObject({ kind: 'prepared' });
    expect((await app.run()).reason).toBeNull();
    expect(app.logged.events.map(({ event }) => event)).not.toContain('run.segment-changed');
  },
);

test('a missing plan is a fault of the app, and fails the activity', async () => {
  const app = await start({ plan: null });
  await expect(app.prepare()).rejects.toThrow('the plan of run');
});

test('storage that is away fails the activity, so that the host tries again', async () => {
  const app = await start();
  app.segments.beforeRow = () => {
    throw Object.assign(new Error('storage is away'), { statusCode: 503 });
  };
  await expect(app.prepare()).rejects.toThrow('storage is away');
  expect((await app.run()).reason).toBeNull();
  app.segments.beforeRow = () => undefined;
  await expect(app.prepare()).resolves.toMatchObject({ kind: 'prepared' });
});
