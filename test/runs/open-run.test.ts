// Opening a run: nothing goes on when anything is doubtful, and what goes on is frozen.
import { makeConnectionStore } from '../../shared/connections/connection-store';
import { DaySpent } from '../../shared/constant-contact/budget';
import { NotAllowed, ServiceUnavailable } from '../../shared/constant-contact/errors';
import { ReconnectNeeded } from '../../shared/constant-contact/token-errors';
import { makeExportStore } from '../../shared/exports/export-store';
import { VaultRefused } from '../../shared/platform/vault';
import { makeOpenRun } from '../../shared/runs/open-run';
import { readPlan } from '../../shared/runs/plan';
import { makeRunStore, RunMissing } from '../../shared/runs/run-store';
import type { Connection } from '../../shared/connections/connection';
import type { Export } from '../../shared/exports/export';
import type { Run } from '../../shared/runs/run';
import { SegmentUnknown, SegmentWithoutData, ShardChanged } from '../../shared/segments/errors';
import { makeJumpingClock } from '../constant-contact/support/clocks';
import { makeMemoryBlobs } from '../support/memory-blobs';
import { makeMemoryTable } from '../support/memory-tables';
import { makeFakeAccount } from './support/fake-account';
import { makeFakeSegments } from './support/fake-segments';
import { aConnection, anExport, aRun, aSegment, listId, noon, runId } from './support/fixtures';

interface Options {
  readonly run?: Partial<Run>;
  /** `null`: there is none. */
  readonly export?: Partial<Export> | null;
  readonly connection?: Partial<Connection> | null;
}

async function start(options: Options = {}) {
  const runs = makeRunStore(makeMemoryTable());
  const exports = makeExportStore(makeMemoryTable());
  const connections = makeConnectionStore(makeMemoryTable());
  const files = makeMemoryBlobs();
  const account = makeFakeAccount();
  const segments = makeFakeSegments();
  const time = makeJumpingClock(noon);
  await runs.start(aRun({ status: 'Queued', startedAt: null, listId: null, ...options.run }));
  if (options.export !== null) await exports.create(anExport(options.export));
  if (options.connection !== null) await connections.create(aConnection(options.connection));
  const openRun = makeOpenRun({
    runs,
    exports,
    connections,
    segments,
    constantContact: () => account,
    files,
    clock: time.clock,
    awayPause: 20_000,
    withoutNewData: false,
  });
  return {
    runs,
    files,
    account,
    segments,
    time,
    open: (round = 1) => openRun({ runId, round }),
    run: () => runs.get(runId),
    /** Expects that the run stops with this reason, and that nothing was frozen. */
    async stopsWith(code: string, sentence: RegExp) {
      await expect(openRun({ runId, round: 1 })).resolves.toEqual({ kind: 'stopped' });
      const { reason } = (await runs.get(runId))!;
      expect(reason).toEqual({ code, sentence: expect.stringMatching(sentence) as string });
      expect(files.names()).toEqual([]);
    },
  };
}

test('a run with everything in order is opened: its plan is frozen, and its row says list and commit pointers', async () => {
  const app = await start();
  await expect(app.open()).resolves.toEqual({ kind: 'opened' });
  await expect(readPlan(app.files, runId, 1)).resolves.toEqual({
    listId,
    mapping: { email: 'Email', fields: { first_name: 'FirstName' } },
    addressesInClear: false,
    contactLimit: null,
    asked: ['customers'],
    segments: [aSegment('customers')],
  });
  expect(await app.run()).toMatchObject({
    status: 'Processing',
    startedAt: new Date(noon).toISOString(),
    listId,
    pointers: { customers: 'pointer-of-customers' },
    reason: null,
  });
});

test('the segments are opened together, in the order of the export', async () => {
  const app = await start({ export: { segments: ['zebra', 'customers'] } });
  await app.open();
  const plan = await readPlan(app.files, runId, 1);
  expect(plan.segments.map(({ name }) => name)).toEqual(['zebra', 'customers']);
  expect(app.segments.opened).toBe(1);
});

test('commit pointers have the names that the export gives the segments, in whatever case', async () => {
  const app = await start({ export: { segments: ['CUSTOMERS', 'vips', 'Vips'] } });
  app.segments.segments.set('CUSTOMERS', aSegment('Customers'));
  await app.open();
  expect((await app.run())?.pointers).toEqual({
    CUSTOMERS: 'pointer-of-Customers',
    vips: 'pointer-of-vips',
    Vips: 'pointer-of-Vips',
  });
});

test('nothing is asked about custom fields when none is mapped', async () => {
  const app = await start();
  await app.open();
  expect(app.account.calls.map(({ method }) => method)).toEqual(['contactList']);
});

test('the moment at which the run started stays that of the first opening', async () => {
  const app = await start();
  await app.open();
  app.time.advance(60_000);
  await app.open(2);
  expect((await app.run())?.startedAt).toBe(new Date(noon).toISOString());
});

describe('nothing is sent when', () => {
  test('the sign-in belongs to another account than the one that was agreed on', async () => {
    const app = await start({ connection: { account: { id: 'another', organization: 'Acme' } } });
    await app.stopsWith('account-changed', /"Main account".*another.*account than Acme/);
  });

  test('but not when it is the very account', async () => {
    const { id } = await makeFakeAccount().accountSummary();
    const app = await start({ connection: { account: { id, organization: 'Acme' } } });
    await expect(app.open()).resolves.toEqual({ kind: 'opened' });
  });

  test('nobody has agreed to the consent of the connection', async () => {
    const app = await start({ connection: { consent: null } });
    await app.stopsWith('consent-needed', /"Main account".*must accept the consent/);
    expect(app.account.calls).toEqual([]);
  });

  test('the connection was removed', async () => {
    const app = await start({ connection: null });
    await app.stopsWith('connection-removed', /Check the export/);
    expect(app.account.calls).toEqual([]);
  });

  test.each([null, 'another'])('the export has another connection by now: %p', async (connectionId) => {
    const app = await start({ export: { connectionId } });
    await app.stopsWith('connection-removed', /removed or exchanged/);
    expect(app.account.calls).toEqual([]);
  });

  test('the export was removed', async () => {
    const app = await start({ export: null });
    await app.stopsWith('export-removed', /export was removed/);
  });

  test('the list is unknown in the account', async () => {
    const app = await start();
    app.account.lists = [];
    await app.stopsWith('list-unknown', new RegExp(`${listId}.*Choose a list`));
  });

  test('the list was deleted', async () => {
    const app = await start();
    app.account.lists = [{ id: listId, name: 'Customers', deleted: true }];
    await app.stopsWith('list-deleted', /"Customers" was deleted.*Choose another/);
  });

  test('a mapped custom field is unknown in the account', async () => {
    const fields = { 'cf:tier': 'FirstName', 'cf:color': 'FirstName', city: 'FirstName' };
    const app = await start({ export: { mapping: { email: 'Email', fields } } });
    app.account.fields = [{ id: '1', name: 'tier', label: 'Tier', type: 'string' }];
    await app.stopsWith('custom-field-unknown', /no custom field "color"\. Create it there, or correct/);
  });

  test.each([
    ['unknown', new SegmentUnknown('customers', ['a', 'b']), 'segment-unknown'],
    ['without data', new SegmentWithoutData('customers'), 'segment-without-data'],
  ])('a segment is %s', async (_name, error, code) => {
    const app = await start();
    app.segments.beforeOpen = () => {
      throw error;
    };
    await app.stopsWith(code, /customers/);
    expect(app.account.calls).toEqual([]);
  });

  test('the sign-in of the connection is gone', async () => {
    const app = await start();
    app.account.before = () => {
      throw new ReconnectNeeded('main', 'not-signed-in');
    };
    await app.stopsWith('reconnect-needed', /sign in again/);
  });

  test('the user of the connection may not', async () => {
    const app = await start();
    app.account.before = () => {
      throw new NotAllowed({ method: 'GET', path: '/contact_lists/{list_id}', status: 403 });
    };
    await app.stopsWith('not-allowed', /may not do this/);
  });

  test('somebody has cancelled', async () => {
    const app = await start({ run: { cancelRequested: true } });
    await expect(app.open()).resolves.toEqual({ kind: 'stopped' });
    expect(await app.run()).toMatchObject({ reason: null });
    expect(app.segments.opened + app.account.calls.length).toBe(0);
  });

  test('the run is over: an execution that comes late opens nothing', async () => {
    const app = await start();
    const over = await app.runs.finish(runId, (run) => ({ ...run, status: 'Failed' }));
    await expect(app.open()).resolves.toEqual({ kind: 'stopped' });
    expect(await app.run()).toEqual(over);
    expect(app.files.names()).toEqual([]);
  });
});

test('custom fields that the account has pass, also with others beside them', async () => {
  const app = await start({ export: { mapping: { email: 'Email', fields: { 'cf:tier': 'FirstName' } } } });
  app.account.fields = ['tier', 'color'].map((name) => ({ id: name, name, label: name, type: 'string' }));
  await expect(app.open()).resolves.toEqual({ kind: 'opened' });
});

test('files that vanish while they are pinned are a change: the next round sees the new ones', async () => {
  const app = await start();
  app.segments.beforeOpen = () => {
    throw new ShardChanged('customers', 'customers_1.csv');
  };
  await expect(app.open()).resolves.toEqual({ kind: 'changed' });
  expect(await app.run()).toMatchObject({ reason: null, listId: null });
  expect(app.files.names()).toEqual([]);
});

test('a spent day parks the run, and it can be opened when the day is over', async () => {
  const app = await start();
  app.account.before = () => {
    throw new DaySpent(noon + 43_200_000);
  };
  await expect(app.open()).resolves.toEqual({ kind: 'later', until: noon + 43_200_000, why: 'day-budget' });
  app.account.before = () => undefined;
  await expect(app.open()).resolves.toEqual({ kind: 'opened' });
});

test('a Constant Contact that is away is looked for again after a pause', async () => {
  const app = await start();
  app.account.before = () => {
    throw new ServiceUnavailable({ method: 'GET', path: '/contact_lists/{list_id}', status: 503 });
  };
  await expect(app.open()).resolves.toEqual({
    kind: 'later',
    until: noon + 20_000,
    why: 'constant-contact-away',
  });
  expect(await app.run()).toMatchObject({ reason: null });
});

test('a Key Vault that refuses the app is asked again after a pause: a new role takes minutes to work', async () => {
  const app = await start();
  app.account.before = () => {
    throw new VaultRefused(403, undefined);
  };
  await expect(app.open()).resolves.toEqual({ kind: 'later', until: noon + 20_000, why: 'key-vault' });
  expect(await app.run()).toMatchObject({ reason: null });
});

test('an execution that comes late in its round changes neither the plan nor the pointers', async () => {
  const app = await start();
  await app.open();
  const plan = await readPlan(app.files, runId, 1);
  app.segments.segments.set('customers', aSegment('customers', { pointer: 'newer' }));
  await expect(app.open()).resolves.toEqual({ kind: 'opened' });
  await expect(readPlan(app.files, runId, 1)).resolves.toEqual(plan);
  expect(await app.run()).toMatchObject({ pointers: { customers: 'pointer-of-customers' } });
});

test('another round has a plan of its own, with the files of that moment', async () => {
  const app = await start();
  await app.open(1);
  app.segments.segments.set('customers', aSegment('customers', { pointer: 'newer' }));
  await app.open(2);
  expect((await readPlan(app.files, runId, 2)).segments[0]?.pointer).toBe('newer');
  expect(await app.run()).toMatchObject({ pointers: { customers: 'newer' } });
});

describe('an execution that comes late, from an earlier round or when its own has been opened,', () => {
  test('takes nothing back of what a later round has written', async () => {
    const app = await start();
    await app.open(1);
    app.segments.segments.set('customers', aSegment('customers', { pointer: 'newer' }));
    await app.open(2);
    const run = await app.run();
    await app.open(1);
    expect(await app.run()).toEqual(run);
    expect(run).toMatchObject({ round: 2, pointers: { customers: 'newer' } });
  });

  test.each([1, 2])('does not stop the run for a fault that it finds: round %p', async (round) => {
    const app = await start();
    await app.open(1);
    await app.open(2);
    const run = await app.run();
    app.account.lists = [];
    app.segments.beforeOpen = () => {
      throw new SegmentUnknown('customers', []);
    };
    await expect(app.open(round)).resolves.toEqual({ kind: 'opened' });
    expect(await app.run()).toEqual(run);
  });

  test('does not stop it either when it was at work meanwhile', async () => {
    const app = await start();
    let again = false;
    app.segments.beforeOpen = async () => {
      if (again) return;
      again = true;
      await app.open(1);
      throw new SegmentUnknown('customers', []);
    };
    await expect(app.open(1)).resolves.toEqual({ kind: 'opened' });
    expect(await app.run()).toMatchObject({ reason: null, pointers: { customers: 'pointer-of-customers' } });
  });
});

test('what a manifest has settled meanwhile stays in the row', async () => {
  const app = await start();
  await app.open(1);
  const pointers = { customers: 'of the manifest' };
  app.account.before = async () => {
    app.account.before = () => undefined;
    await app.runs.update(runId, (run) => ({ ...run, prepared: true, pointers }));
  };
  await expect(app.open(2)).resolves.toEqual({ kind: 'opened' });
  expect(await app.run()).toMatchObject({ round: 2, pointers });
});

test('a run that is not there is an error', async () => {
  const openRun = makeOpenRun({
    runs: makeRunStore(makeMemoryTable()),
    exports: makeExportStore(makeMemoryTable()),
    connections: makeConnectionStore(makeMemoryTable()),
    segments: makeFakeSegments(),
    constantContact: makeFakeAccount,
    files: makeMemoryBlobs(),
    clock: makeJumpingClock(noon).clock,
    awayPause: 0,
    withoutNewData: false,
  });
  await expect(openRun({ runId, round: 1 })).rejects.toThrow(RunMissing);
});
