// Whoever dies, at whichever call to storage: the run ends as if nothing had happened. And whoever is only slow, and goes on when the
// run is over, changes and leaves nothing.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  startAppInMemory,
  type AppInMemory,
  type AppOptions,
  type HowDriven,
} from '../support/app-in-memory';
import { makeSignal } from '../support/signal';
import { jobsOf, makeSmallExport, membersOf, outcomeOf, writeShard } from './small-export';

const activities = ['openRun', 'prepareBatches', 'importBatch', 'awaitImports', 'closeRun'] as const;
type Activity = (typeof activities)[number];

/** One execution of an activity, which is dead or asleep from some call to storage on. */
interface Execution {
  calls: number;
  onCall(number: number, when: 'before' | 'after'): Promise<void> | void;
}
const current = new AsyncLocalStorage<Execution>();
const hooks = {
  before: () => {
    const execution = current.getStore();
    return execution?.onCall((execution.calls += 1), 'before');
  },
  after: () => {
    const execution = current.getStore();
    return execution?.onCall(execution.calls, 'after');
  },
};
const watched: AppOptions = { files: hooks, tables: hooks };

class Died extends Error {}

/** Ways in which a run can go; the crashes come on top. */
interface Course {
  readonly name: string;
  readonly status: string;
  /** The activities that it needs. */
  readonly activities: readonly Activity[];
  makeExport(app: AppInMemory): Promise<string>;
  /** Called before each execution of an activity that is not the one under test. */
  before?(app: AppInMemory, step: { name: string; batch: unknown }, runId: string): Promise<void>;
}

const beforeSending = ['openRun', 'prepareBatches', 'closeRun'] as const;
/** An address that Constant Contact does not take: it counts its length in UTF-16 units, and we in characters. */
const onlyWeTake = `${'\u{1F600}'.repeat(40)}@example.com`;
const malformed = Array.from({ length: 10 }, (_, index) => `${index},wide@example.com,Ann,Bell,and more`);

const courses: readonly Course[] = [
  { name: 'a run where all goes well', status: 'Successful', activities, makeExport: makeSmallExport },
  {
    name: 'a run with messages about rows, and a batch that never goes through',
    status: 'Completed with warnings',
    activities,
    makeExport(app) {
      app.constantContact.failJob({ fileName: '-2-', times: 2, end: 'failed' });
      return makeSmallExport(app, [`1,${onlyWeTake},Ann,Bell`, '2,bob@example.com,Bob,']);
    },
  },
  {
    name: 'a run that is refused as too many rows are malformed',
    status: 'Failed',
    activities: beforeSending,
    makeExport: (app) => makeSmallExport(app, malformed),
  },
  {
    name: 'a run whose segment keeps changing',
    status: 'Failed',
    activities: beforeSending,
    makeExport: (app) => makeSmallExport(app),
    async before(app, { name }) {
      if (name === 'prepareBatches') await writeShard(app);
    },
  },
  {
    name: 'a run that fails before it reads anything, as its list is gone',
    status: 'Failed',
    activities: ['openRun', 'closeRun'],
    makeExport(app) {
      app.constantContact.deleteList(app.listId);
      return makeSmallExport(app);
    },
  },
  {
    name: 'a run that fails in the middle of sending, as its list is gone',
    status: 'Failed',
    activities,
    makeExport: (app) => makeSmallExport(app),
    before(app, { name, batch }) {
      if (name === 'importBatch' && batch === 2) app.constantContact.deleteList(app.listId);
      return Promise.resolve();
    },
  },
  {
    name: 'a run that is cancelled before it opens',
    status: 'Canceled',
    activities: ['openRun', 'closeRun'],
    makeExport: (app) => makeSmallExport(app),
    async before(app, { name }, runId) {
      if (name === 'openRun') await app.cancel(runId);
    },
  },
  {
    name: 'a run that is cancelled when everything has been sent and taken',
    status: 'Successful',
    activities,
    makeExport: (app) => makeSmallExport(app),
    async before(app, { name }, runId) {
      if (name === 'awaitImports') await app.cancel(runId);
    },
  },
  {
    name: 'a run that is cancelled while it prepares',
    status: 'Canceled',
    activities: beforeSending,
    makeExport: (app) => makeSmallExport(app),
    async before(app, { name }, runId) {
      if (name === 'prepareBatches') await app.cancel(runId);
    },
  },
  {
    name: 'a run that is cancelled while it sends',
    status: 'Canceled',
    activities,
    makeExport: (app) => makeSmallExport(app),
    async before(app, { name, batch }, runId) {
      if (name === 'importBatch' && batch === 2) await app.cancel(runId);
    },
  },
];

/** Everything that there is at the end, with the names of runs and executions left out. */
async function end(app: AppInMemory, exportId: string, runId: string) {
  const run = await app.deps.runs.get(runId);
  if (!run) throw new Error('the run is gone');
  return {
    ...outcomeOf(run),
    members: membersOf(app),
    jobs: jobsOf(app).sort(),
    lock: (await app.deps.runs.lock(exportId)).runId,
    imports: [...app.tables.imports.dump().keys()],
    oneBudget: app.tables.budget.dump().size <= 1,
    files: app.files
      .names()
      .map((name) => name.replace(runId, 'run').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'execution')),
  };
}
type End = Awaited<ReturnType<typeof end>>;

type Around = (
  app: AppInMemory,
  activity: Activity,
  work: () => Promise<unknown>,
  input: object,
) => Promise<unknown>;

/** Runs a course; `around` stands around the first execution of the activity. @returns the end of it, also once `later` has been waited for. */
async function run(
  course: Course,
  activity: Activity,
  around: Around,
  later?: () => Promise<void>,
): Promise<End[]> {
  const app = await startAppInMemory({
    ...watched,
    settings: { IMPORT_CONCURRENCY: '1' },
    // At once: whether a job has ended when a run is cancelled must not depend on how long a crash took.
    constantContact: { jobMilliseconds: 0 },
  });
  try {
    const exportId = await course.makeExport(app);
    let begun = '';
    const how: HowDriven = {
      around: async ({ name, nth, input }, work) => {
        const runId = input['runId'] as string;
        begun = runId;
        const rest = async () => {
          await course.before?.(app, { name, batch: input['batch'] }, runId);
          return work();
        };
        return name === activity && nth === 1 ? around(app, activity, rest, input) : rest();
      },
    };
    const { runId, ended } = await app.begin(exportId, how);
    await ended;
    expect(begun).toBe(runId);
    const ends = [await end(app, exportId, runId)];
    await later?.();
    ends.push(await end(app, exportId, runId));
    return ends;
  } finally {
    await app.stop();
  }
}

describe.each(courses)('$name', (course) => {
  let undisturbed: End;
  /** How many calls to storage the first execution of each activity makes. */
  const calls: Partial<Record<Activity, number>> = {};
  beforeAll(async () => {
    for (const activity of course.activities) {
      const counting: Execution = { calls: 0, onCall: () => undefined };
      const around: Around = (_app, _activity, work) => current.run(counting, work);
      [undisturbed] = (await run(course, activity, around)) as [End];
      calls[activity] = counting.calls;
    }
  });

  test('ends as it should when nobody is in the way', () => {
    expect(undisturbed).toMatchObject({ status: course.status, lock: null, imports: [], oneBudget: true });
    for (const activity of course.activities) expect(calls[activity]).toBeGreaterThan(1);
  });

  test.each(course.activities)('ends the same when %s dies at any call to storage', async (activity) => {
    for (let number = 1; number <= (calls[activity] ?? 0); number += 1) {
      for (const moment of ['before', 'after'] as const) {
        let dead = false;
        const dying: Execution = {
          calls: 0,
          onCall(call, when) {
            dead ||= call >= number && when === moment;
            // The dead do nothing any more, not even tidy up.
            if (dead) throw new Died();
          },
        };
        const [ended] = await run(course, activity, async (_app, _activity, work) => {
          await current.run(dying, work).catch(() => undefined);
          return work();
        });
        expect(dead).toBe(true);
        expect({ number, moment, ...ended }).toEqual({ number, moment, ...undisturbed });
      }
    }
  });

  test.each(course.activities)(
    'ends the same when a copy of %s sleeps until the run is over',
    async (activity) => {
      for (let number = 1; number <= (calls[activity] ?? 0); number += 1) {
        const asleep = makeSignal();
        const alarm = makeSignal();
        const sleepy: Execution = {
          calls: 0,
          async onCall(call, when) {
            if (call !== number || when !== 'before') return;
            asleep.give();
            await alarm.promise;
          },
        };
        let sleeper: Promise<unknown> = Promise.resolve();
        const around: Around = async (app, _activity, work, input) => {
          // On another instance: calls of one instance wait for each other's turn.
          const other = app.instance();
          sleeper = current.run(sleepy, () => other[activity](input as never)).catch(() => undefined);
          await Promise.race([asleep.promise, sleeper]);
          return work();
        };
        const [ended, later] = await run(course, activity, around, async () => {
          alarm.give();
          await sleeper;
        });
        expect({ number, ...ended }).toEqual({ number, ...undisturbed });
        expect({ number, ...later }).toEqual({ number, ...undisturbed });
      }
    },
  );
});

test('every activity delivered twice at the same time comes to one job for each batch, and leaves nothing', async () => {
  const app = await startAppInMemory();
  try {
    const exportId = await makeSmallExport(app);
    const { runId, ended } = await app.begin(exportId, { deliverTwice: true });
    await ended;
    expect(await end(app, exportId, runId)).toMatchObject({
      status: 'Successful',
      jobs: ['1-1', '2-1', '3-1'],
      lock: null,
      imports: [],
      files: ['run/execution/rejects.csv', 'run/manifest.json', 'run/report.json'],
    });
  } finally {
    await app.stop();
  }
});
