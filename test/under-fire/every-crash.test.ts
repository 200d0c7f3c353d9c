// Whoever dies, at whichever call to storage: the run ends as if nothing had happened. And whoever is only slow, and goes on when the
// run is over, changes and leaves nothing.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  startAppInMemory,
  type AppInMemory,
  type AppOptions,
  type HowDriven,
} from '../support/app-in-memory';
import type { Step } from '../support/drive-run';
import { jobsOf, makeSmallExport, membersOf, outcomeOf, people, successful } from './small-export';

const activities = ['openRun', 'prepareBatches', 'importBatch', 'awaitImports', 'closeRun'] as const;

/** One execution of an activity, which is dead or asleep from some call to storage on. */
interface Execution {
  calls: number;
  onCall(number: number, when: 'before' | 'after'): Promise<void> | void;
}
const current = new AsyncLocalStorage<Execution>();
const watched = () => {
  const before = () => {
    const execution = current.getStore();
    if (execution) return execution.onCall((execution.calls += 1), 'before');
  };
  const after = () => {
    const execution = current.getStore();
    if (execution) return execution.onCall(execution.calls, 'after');
  };
  return { before, after };
};

const watching = (): AppOptions => ({ files: watched(), tables: watched() });

class Died extends Error {}

const jobs = ['1-1', '2-1', '3-1'];
const kept = (runId: string) =>
  ['manifest.json', 'rejects.csv', 'report.json'].map((name) => `${runId}/${name}`);

async function untouched(app: AppInMemory, exportId: string, runId: string) {
  return {
    outcome: outcomeOf((await app.deps.runs.get(runId))!),
    members: membersOf(app),
    jobs: jobsOf(app).sort(),
    lock: (await app.deps.runs.lock(exportId)).runId,
    imports: [...app.tables.imports.dump().keys()],
    files: app.files.names(),
  };
}
const expected = (runId: string) => ({
  outcome: successful,
  members: [...people],
  jobs,
  lock: null,
  imports: [],
  files: kept(runId),
});

/** How many calls to storage the first execution of an activity makes when nobody is in the way. */
async function callsOf(activity: Step['name'], settings = {}): Promise<number> {
  const app = await startAppInMemory({ ...watching(), settings });
  try {
    const execution: Execution = { calls: 0, onCall: () => undefined };
    await app.run(await makeSmallExport(app), {
      around: ({ name, nth }, work) =>
        name === activity && nth === 1 ? current.run(execution, work) : work(),
    });
    return execution.calls;
  } finally {
    await app.stop();
  }
}

describe.each(activities)('%s', (activity) => {
  test('that dies at any call to storage, before it is carried out or after, is done again to the same end', async () => {
    const calls = await callsOf(activity);
    expect(calls).toBeGreaterThan(1);
    for (let number = 1; number <= calls; number += 1) {
      for (const moment of ['before', 'after'] as const) {
        const app = await startAppInMemory(watching());
        try {
          let dead = false;
          const dying: Execution = {
            calls: 0,
            onCall(call, when) {
              dead ||= call === number && when === moment;
              // The dead do nothing any more, not even tidy up.
              if (dead) throw new Died();
            },
          };
          const exportId = await makeSmallExport(app);
          const { runId, ended } = await app.begin(exportId, {
            around: async ({ name, nth }, work) => {
              if (name !== activity || nth !== 1) return work();
              await current.run(dying, work).catch(() => undefined);
              return work();
            },
          });
          await ended;
          expect(dead).toBe(true);
          expect({ number, moment, ...(await untouched(app, exportId, runId)) }).toEqual({
            number,
            moment,
            ...expected(runId),
          });
        } finally {
          await app.stop();
        }
      }
    }
  });

  test('that falls asleep at any call to storage and goes on when the run is over changes and leaves nothing', async () => {
    const calls = await callsOf(activity);
    for (let number = 1; number <= calls; number += 1) {
      const app = await startAppInMemory(watching());
      try {
        const asleep = Promise.withResolvers<void>();
        const alarm = Promise.withResolvers<void>();
        const sleepy: Execution = {
          calls: 0,
          async onCall(call, when) {
            if (call !== number || when !== 'before') return;
            asleep.resolve();
            await alarm.promise;
          },
        };
        let sleeper: Promise<unknown> = Promise.resolve();
        const exportId = await makeSmallExport(app);
        const how: HowDriven = {
          around: async ({ name, nth }, work) => {
            if (name === activity && nth === 1) {
              sleeper = current.run(sleepy, work).catch(() => undefined);
              await Promise.race([asleep.promise, sleeper]);
            }
            return work();
          },
        };
        const { runId, ended } = await app.begin(exportId, how);
        await ended;
        expect({ number, ...(await untouched(app, exportId, runId)) }).toEqual({
          number,
          ...expected(runId),
        });
        alarm.resolve();
        await sleeper;
        expect({ number, ...(await untouched(app, exportId, runId)) }).toEqual({
          number,
          ...expected(runId),
        });
      } finally {
        await app.stop();
      }
    }
  });
});

test('every activity delivered twice at the same time: one job for each batch, and nothing left', async () => {
  const app = await startAppInMemory();
  try {
    const exportId = await makeSmallExport(app);
    const { runId, ended } = await app.begin(exportId, { deliverTwice: true });
    await ended;
    expect(await untouched(app, exportId, runId)).toEqual(expected(runId));
  } finally {
    await app.stop();
  }
});
