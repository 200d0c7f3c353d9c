// The list of runs: newest first, complete whatever happens between its row and the run's own, and rid of what never came.
import type { Table } from '../../shared/platform/tables';
import { makeRunStore } from '../../shared/runs/run-store';
import { newRunId, scheduledRunId, type Run } from '../../shared/runs/run';
import { makeMemoryTable } from '../support/memory-tables';
import { aRun, noon } from './support/fixtures';

const minute = 60_000;

function start() {
  const table = makeMemoryTable();
  const runs = makeRunStore(table);
  return {
    table,
    runs,
    async over(run: Run): Promise<string> {
      await runs.start(run);
      await runs.finish(run.id, (before) => ({ ...before, status: 'Successful' }));
      return run.id;
    },
    listed: async (exportId?: string) =>
      (await runs.page({ limit: 100, exportId })).rows.map(({ value }) => value.id),
    /** Rows of the list of all runs. */
    rows: () => [...table.dump().keys()].filter((key) => key.startsWith('all-runs/')).length,
  };
}

function queued(exportId: string, at: number, change: Partial<Run> = {}): Run {
  const id = newRunId(exportId, new Date(at));
  return aRun({ id, exportId, status: 'Queued', createdAt: new Date(at).toISOString(), ...change });
}

/** The table, as a host that dies before it writes a run has left it. */
const dyingBeforeTheRun = (table: Table): Table => ({
  ...table,
  change: (partition, changes) =>
    changes.length > 1 ? Promise.reject(new Error('killed')) : table.change(partition, changes),
});

test('a run is listed from the moment it is there, by when it was asked for and not by when it was due', async () => {
  const { over, listed, runs } = start();
  const late = scheduledRunId('spring', 'schedule', new Date(noon));
  const first = await over(queued('spring', noon + minute));
  await runs.start(queued('spring', noon + 2 * minute, { id: late }));
  const other = await over(queued('summer', noon));
  expect(await listed()).toEqual([late, first, other]);
  expect(await listed('spring')).toEqual([late, first]);
  await expect(runs.last('spring')).resolves.toMatchObject({ id: late });
  await expect(runs.last('autumn')).resolves.toBeUndefined();
});

test('a run that never came is passed over, and its row is removed when an hour has gone by', async () => {
  const { table, over, listed, rows, runs } = start();
  const before = await over(queued('spring', noon));
  const killed = makeRunStore(dyingBeforeTheRun(table));
  await expect(killed.start(queued('spring', noon + minute))).rejects.toThrow('killed');
  expect(await listed()).toEqual([before]);
  await expect(runs.last('spring')).resolves.toMatchObject({ id: before });
  expect(rows()).toBe(2);

  const after = await over(queued('spring', noon + 30 * minute));
  expect(await listed()).toEqual([after, before]);
  expect(rows()).toBe(3);

  const later = await over(queued('summer', noon + 90 * minute));
  expect(await listed()).toEqual([later, after, before]);
  expect(rows()).toBe(3);
});

test('a run whose row was looked at before it came is not lost', async () => {
  const { table, listed } = start();
  const run = queued('spring', noon);
  const seen: string[][] = [];
  const slow = makeRunStore({
    ...table,
    async change(partition, changes) {
      // The run itself comes last.
      if (changes.length > 1) seen.push(await listed());
      return table.change(partition, changes);
    },
  });
  await slow.start(run);
  expect(seen).toEqual([[]]);
  expect(await listed()).toEqual([run.id]);
});

test('a run that two instances start at different moments is listed once', async () => {
  const { runs, listed } = start();
  const id = scheduledRunId('spring', 'refresh', new Date(noon));
  await Promise.all([
    runs.start(queued('spring', noon + 1, { id })),
    runs.start(queued('spring', noon + 2, { id })),
  ]);
  expect(await listed()).toEqual([id]);
  expect(await listed('spring')).toEqual([id]);
});

test('starts that lose to another run are not listed', async () => {
  const { runs, listed } = start();
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, (_, index) => runs.start(queued('spring', noon + index))),
  );
  expect(outcomes.filter(({ kind }) => kind === 'started')).toHaveLength(1);
  expect(await listed()).toHaveLength(1);
  await expect(runs.last('spring')).resolves.toMatchObject({ id: (await listed())[0] });
});

test('pages follow one another without a gap, also across rows of runs that never came', async () => {
  const { table, over, runs } = start();
  const killed = makeRunStore(dyingBeforeTheRun(table));
  const ids: string[] = [];
  for (let index = 0; index < 12; index++) {
    const run = queued('spring', noon + index * minute);
    if (index % 4 === 1) await expect(killed.start(run)).rejects.toThrow('killed');
    else ids.unshift(await over(run));
  }
  const found: string[] = [];
  let key: string | undefined;
  do {
    const { rows, next } = await runs.page({ limit: 4, start: key });
    found.push(...rows.map(({ value }) => value.id));
    key = next;
  } while (key !== undefined);
  expect(found).toEqual(ids);
});
