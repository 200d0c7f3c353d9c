// A segment whose files change or vanish while they are read: the run opens again, three times at most, and sends nothing in doubt.
import { startAppInMemory, type AppInMemory, type AppOptions } from '../support/app-in-memory';
import {
  addsUp,
  jobsOf,
  makeSmallExport,
  membersOf,
  outcomeOf,
  people,
  requestsOf,
  shard,
  successful,
  writeShard,
} from './small-export';

let app: AppInMemory;
afterEach(() => app.stop());

/** Steps in before the nth time that the shard is read, once the run has pinned it. */
async function start(change: (nth: number) => Promise<unknown> | undefined, options: AppOptions = {}) {
  let reads = 0;
  app = await startAppInMemory({
    // One try of the run.
    settings: { RUN_RETRY_SECONDS: 'off' },
    ...options,
    segments: {
      before: async (operation, name) => {
        if (operation === 'stream' && name === shard) await change((reads += 1));
      },
    },
  });
  return makeSmallExport(app);
}

const nothingSent = { status: 'Failed', reason: 'segment-changing', counts: null };

test('a shard that changes once is read again as it is now', async () => {
  const exportId = await start((nth) =>
    nth === 1 ? writeShard(app, ['9,dora@example.com,Dora,Bell']) : undefined,
  );
  const run = await app.run(exportId);
  expect(outcomeOf(run)).toEqual({ status: 'Successful', reason: null, counts: { read: 1, accepted: 1 } });
  expect(membersOf(app)).toEqual(['dora@example.com']);
});

test('a shard that changes at every read fails the run at the third time, with nothing sent', async () => {
  const exportId = await start(() => writeShard(app));
  const run = await app.run(exportId);
  expect(outcomeOf(run)).toEqual(nothingSent);
  expect(run.reason?.sentence).toContain('nothing was sent');
  expect(requestsOf(app)).toEqual({ list: 3 });
  expect(app.files.names()).toEqual([`${run.id}/report.json`]);
});

test('a shard that changes twice is read at the third time', async () => {
  const exportId = await start((nth) => (nth < 3 ? writeShard(app) : undefined));
  expect(outcomeOf(await app.run(exportId))).toEqual(successful);
  expect(membersOf(app)).toEqual([...people]);
});

test('a shard that vanishes before it is read leaves nothing sent', async () => {
  const exportId = await start((nth) => (nth === 1 ? app.segments.remove(shard) : undefined));
  const run = await app.run(exportId);
  expect(run.status).toBe('Failed');
  expect(jobsOf(app)).toEqual([]);
  expect(run.counts === null || addsUp(run)).toBe(true);
});
