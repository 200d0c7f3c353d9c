// However a run ends: what it leaves is what stays for people and for a later try, and nothing else, in no table and no container.
import { gzipSync } from 'node:zlib';
import type { Step } from '../support/drive-run';
import { startAppInMemory, type AppInMemory, type HowDriven } from '../support/app-in-memory';
import { jobsOf, makeSmallExport, outcomeOf, shard, writeShard } from './small-export';

const anHour = 3_600_000;

/** What people ask for; retention takes it. */
const forPeople = ['execution/rejects.csv', 'manifest.json', 'report.json'];
/** The files of these batches can be sent by a later run; retention takes them too. */
const waitingFor = (...batches: number[]) => batches.map((batch) => `execution/batch-0-000${batch}.csv`);

interface Ending {
  readonly name: string;
  readonly status: string;
  readonly reason: string | null;
  readonly files: readonly string[];
  makeExport?(app: AppInMemory): Promise<string>;
  /** Called before each execution of an activity, and before each wait. */
  before?(app: AppInMemory, step: Step, runId: string): Promise<void> | void;
  /** Activities that fail at every try from then on. */
  fails?(step: Step): boolean;
}

const cancelAt = (name: Step['name'], nth = 1): NonNullable<Ending['before']> => {
  return async (app, step, runId) => {
    if (step.name === name && step.nth === nth) await app.cancel(runId);
  };
};
const malformed = Array.from({ length: 10 }, (_, index) => `${index},wide@example.com,Ann,Bell,and more`);

const endings: readonly Ending[] = [
  { name: 'goes well', status: 'Successful', reason: null, files: forPeople },
  {
    name: 'completes with warnings, as a batch never goes through',
    status: 'Completed with warnings',
    reason: 'warnings',
    files: [...waitingFor(2), ...forPeople],
    async makeExport(app) {
      app.constantContact.failJob({ fileName: '-2-', times: 2, end: 'failed' });
      return makeSmallExport(app);
    },
  },
  {
    name: 'fails before it prepares, as its list is gone',
    status: 'Failed',
    reason: 'list-unknown',
    files: ['report.json'],
    makeExport(app) {
      app.constantContact.deleteList(app.listId);
      return makeSmallExport(app);
    },
  },
  {
    name: 'fails before it prepares, as the app fails again and again',
    status: 'Failed',
    reason: 'internal',
    files: ['report.json'],
    fails: ({ name }) => name === 'openRun',
  },
  {
    name: 'fails while it prepares, as too many rows are malformed',
    status: 'Failed',
    reason: 'too-many-malformed-rows',
    files: ['execution/rejects.csv', 'report.json'],
    makeExport: (app) => makeSmallExport(app, malformed),
  },
  {
    name: 'fails while it prepares, as a file cannot be read',
    status: 'Failed',
    reason: 'shard-unreadable',
    files: ['report.json'],
    async makeExport(app) {
      const exportId = await makeSmallExport(app);
      const whole = gzipSync('Id,Email,First,Last\n1,ann@example.com,Ann,Bell\n');
      await app.segments.write(shard, whole.subarray(0, -9), 'application/gzip');
      return exportId;
    },
  },
  {
    name: 'fails while it prepares, as the app fails again and again',
    status: 'Failed',
    reason: 'internal',
    files: ['report.json'],
    fails: ({ name }) => name === 'prepareBatches',
  },
  {
    name: 'fails in the middle of sending, as its list is gone',
    status: 'Failed',
    reason: 'import-refused',
    files: [...waitingFor(2, 3), ...forPeople],
    before(app, { name, input }) {
      if (name === 'importBatch' && input['batch'] === 2) app.constantContact.deleteList(app.listId);
    },
  },
  {
    name: 'fails in the middle of sending, as the app fails again and again',
    status: 'Failed',
    reason: 'internal',
    files: [...waitingFor(2, 3), ...forPeople],
    fails: ({ name, input }) => name === 'importBatch' && input['batch'] === 2,
  },
  {
    name: 'fails while it waits, as the app fails again and again',
    status: 'Failed',
    reason: 'internal',
    files: [...waitingFor(1, 2, 3), ...forPeople],
    fails: ({ name }) => name === 'awaitImports',
  },
  {
    name: 'is cancelled before it opens',
    status: 'Canceled',
    reason: 'canceled',
    files: ['report.json'],
    before: cancelAt('openRun'),
  },
  {
    name: 'is cancelled while it prepares',
    status: 'Canceled',
    reason: 'canceled',
    files: ['report.json'],
    before: cancelAt('prepareBatches'),
  },
  {
    // It looks at its jobs once, and they have not ended by then.
    name: 'is cancelled while it sends',
    status: 'Canceled',
    reason: 'canceled',
    files: [...waitingFor(1, 2, 3), ...forPeople],
    before: cancelAt('importBatch', 2),
  },
  {
    name: 'is cancelled while it waits',
    status: 'Canceled',
    reason: 'canceled',
    files: [...waitingFor(1, 2, 3), ...forPeople],
    before: cancelAt('wait'),
  },
  {
    name: 'is cancelled while it closes',
    status: 'Successful',
    reason: null,
    files: forPeople,
    before: cancelAt('closeRun'),
  },
  {
    name: 'finds its segment changed three times',
    status: 'Failed',
    reason: 'segment-changing',
    files: ['report.json'],
    async before(app, { name }) {
      if (name === 'prepareBatches') await writeShard(app);
    },
  },
];

let app: AppInMemory;
let isStorageAway: boolean;
beforeEach(async () => {
  isStorageAway = false;
  app = await startAppInMemory({
    settings: { IMPORT_CONCURRENCY: '1' },
    files: {
      before: (operation) => {
        if (isStorageAway && operation === 'remove') throw new Error('storage is away');
      },
    },
  });
});
afterEach(() => app.stop());

/** Everything that is there, in every table and in the runs' container, with names that are the same for every run. */
function inventory(runId: string) {
  const keys = (table: keyof AppInMemory['tables']) => [...app.tables[table].dump().keys()];
  const plain = (name: string) =>
    name
      .replace(`${runId}/`, '')
      .replace(runId, 'run')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'execution');
  return {
    files: app.files.names().map(plain),
    imports: keys('imports'),
    // Apart from the rows that tell of runs, and the lock.
    ending: keys('runs').flatMap((key) => (key.startsWith('ending-runs/') ? [plain(key)] : [])),
    // One row for each key and kind of call, whatever the day.
    budget: keys('budget').length <= 1,
  };
}

async function drive(exportId: string, how: HowDriven) {
  const { runId, ended } = await app.begin(exportId, how);
  await ended.catch(() => undefined);
  return runId;
}

/** Nobody is at work for the run any more, and the timer comes. */
async function later() {
  app.passTime(2 * anHour);
  await app.deps.leftovers.sweep();
}

async function isFree(exportId: string) {
  expect((await app.deps.runs.lock(exportId)).runId).toBeNull();
}

test.each(endings)('a run that $name', async ({ status, reason, files, makeExport, before, fails }) => {
  const exportId = await (makeExport ?? makeSmallExport)(app);
  let begun = '';
  const runId = await drive(exportId, {
    before: (step) => {
      begun ||= (step.input['runId'] as string | undefined) ?? '';
      return before?.(app, step, begun);
    },
    around: (step, execute) => (fails?.(step) ? Promise.reject(new Error('again and again')) : execute()),
  });
  const run = await app.deps.runs.get(runId);
  expect(outcomeOf(run!)).toMatchObject({ status, reason });
  await isFree(exportId);
  const left = { files, imports: [], budget: true };
  expect(inventory(runId)).toEqual({ ...left, ending: ['ending-runs/run'] });
  await later();
  expect(inventory(runId)).toEqual({ ...left, ending: [] });
});

test('what was accepted before the app failed again and again is looked at once more: it counts as accepted', async () => {
  const exportId = await makeSmallExport(app);
  const runId = await drive(exportId, {
    around: ({ name, input }, execute) =>
      name === 'importBatch' && input['batch'] === 3 ? Promise.reject(new Error('always')) : execute(),
  });
  expect(outcomeOf((await app.deps.runs.get(runId))!)).toEqual({
    status: 'Failed',
    reason: 'internal',
    counts: { read: 3, accepted: 2, notSent: 1 },
  });
  expect(jobsOf(app)).toEqual(['1-1', '2-1']);
});

test('a run whose closing fails for good before its final row keeps everything, until the timer closes it', async () => {
  const exportId = await makeSmallExport(app);
  const runId = await drive(exportId, {
    around: ({ name }, execute) => (name === 'closeRun' ? Promise.reject(new Error('always')) : execute()),
  });
  expect((await app.deps.runs.lock(exportId)).runId).toBe(runId);
  await later();
  expect(inventory(runId).files).toEqual([
    ...waitingFor(1, 2, 3),
    'execution/rejects.csv',
    'manifest.json',
    'plan-1.json',
  ]);
  await app.deps.closeRun({ runId, reason: 'broken' });
  await isFree(exportId);
  await later();
  expect(inventory(runId)).toMatchObject({
    files: forPeople,
    imports: [],
    ending: [],
  });
});

test('a run whose closing fails for good after its final row is cleaned up by the timer, also when the next run is on', async () => {
  const exportId = await makeSmallExport(app);
  const runId = await drive(exportId, {
    before: ({ name }) => void (isStorageAway = name === 'closeRun'),
  });
  expect((await app.deps.runs.get(runId))?.status).toBe('Successful');
  await isFree(exportId);
  expect(inventory(runId).files).toContain('plan-1.json');
  expect(inventory(runId).imports).toHaveLength(3);
  // Still away: the run waits for the next time.
  await later();
  expect(app.logged.join()).toContain('run.not-cleaned');
  isStorageAway = false;
  let atOnce: ReturnType<typeof inventory> | undefined;
  const next = await drive(exportId, {
    before: async ({ name }) => {
      if (name !== 'prepareBatches') return;
      await app.deps.leftovers.sweep();
      atOnce = inventory(runId);
    },
  });
  expect(atOnce?.files.filter((name) => !name.startsWith(next))).toEqual(forPeople);
  expect(atOnce?.imports).toEqual([]);
  expect((await app.deps.runs.get(next))?.status).toBe('Successful');
});
