// Executions that come late, when their run is far beyond: a run sends one state of the data to one list, and says which.
import { makeSignal } from '../support/signal';
import { startAppInMemory, type AppInMemory, type AppOptions } from '../support/app-in-memory';
import {
  jobsOf,
  makeSmallExport,
  membersOf,
  outcomeOf,
  people,
  successful,
  writeShard,
} from './small-export';

let app: AppInMemory;
let exportId: string;
afterEach(() => app.stop());

async function start(options: AppOptions = {}) {
  app = await startAppInMemory({ settings: { IMPORT_CONCURRENCY: '1' }, ...options });
  exportId = await makeSmallExport(app);
}

const pointer = async () => (await app.deps.segments.pointer('People')).pointer;

async function writeNewData(): Promise<void> {
  await writeShard(app, ['9,dora@example.com,Dora,Dean', '8,eve@example.com,Eve,']);
  await app.segments.write('model.json', app.segments.text('model.json'), 'application/json');
}

/** The runs that the timer starts, by now and an hour later. */
async function startedByTimer(): Promise<string[]> {
  const started: string[] = [];
  const look = () => Promise.resolve({ state: 'over' as const });
  const start = (runId: string) => Promise.resolve(void started.push(runId));
  await app.deps.tick({ look, start });
  app.passTime(3_600_000);
  await app.deps.tick({ look, start });
  return started;
}

test('the manifest of an earlier round is first: the run says that it sent the old data, and the new data starts the next', async () => {
  const [reached, goesOn] = [makeSignal(), makeSignal()];
  let held = false;
  await start({
    files: {
      async before(operation, name) {
        if (held || operation !== 'create' || !name.endsWith('/manifest.json')) return;
        held = true;
        reached.give();
        await goesOn.promise;
      },
    },
  });
  const old = await pointer();
  const run = await app.run(exportId, {
    async around({ name, nth }, execute) {
      if (name !== 'prepareBatches') return execute();
      if (nth > 1) {
        goesOn.give();
        return execute();
      }
      // It hangs at its last write; the host takes it for dead, and the next execution finds that the files have changed.
      void execute();
      await reached.promise;
      await writeNewData();
      return execute();
    },
  });
  expect(outcomeOf(run)).toEqual(successful);
  expect(membersOf(app)).toEqual([...people]);
  expect(run.pointers).toEqual({ People: old });
  expect((await app.deps.runs.lock(exportId)).pointers).toEqual({ People: old });
  expect(await startedByTimer()).toHaveLength(1);
});

test('opening of an earlier round comes while the run is sending: all of it goes to one list, and the row says which data', async () => {
  let reads = 0;
  await start({
    segments: {
      async before(operation, name) {
        if (operation !== 'stream' || name !== 'people.csv' || ++reads > 1) return;
        await writeNewData();
        const [other] = app.constantContact.seed({ lists: [{ name: 'The new list' }] });
        const stored = (await app.deps.exports.get(exportId))!;
        await app.deps.exports.change({ ...stored.value, listId: other!.id }, stored.etag);
      },
    },
  });
  let openOnceMore: (() => Promise<unknown>) | undefined;
  const run = await app.run(exportId, {
    async around({ name, nth, input }, execute) {
      if (name === 'openRun' && nth === 1) openOnceMore = execute;
      if (name === 'importBatch' && input['batch'] === 2) await openOnceMore?.();
      return execute();
    },
  });
  const { lists } = app.constantContact.state(10);
  expect(lists.map((list) => [list.name, list.members.length])).toEqual([
    ['Customers', 0],
    ['The new list', 2],
  ]);
  expect(run).toMatchObject({ listId: lists[1]!.id, pointers: { People: await pointer() } });
  expect(await startedByTimer()).toEqual([]);
});

test('opening comes once more while the run is sending, and finds a fault: the run goes on', async () => {
  await start();
  let openOnceMore: (() => Promise<unknown>) | undefined;
  const run = await app.run(exportId, {
    async around({ name, input }, execute) {
      if (name === 'openRun') openOnceMore = execute;
      if (name === 'importBatch' && input['batch'] === 2) {
        // Whoever writes the segment has begun anew.
        await app.segments.remove('model.json');
        await openOnceMore?.();
      }
      return execute();
    },
  });
  expect(outcomeOf(run)).toEqual(successful);
  expect(jobsOf(app)).toEqual(['1-1', '2-1', '3-1']);
});
