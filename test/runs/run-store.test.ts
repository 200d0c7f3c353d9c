// Where runs are kept, on real Table storage: an export has one run at a time, whatever happens at the same moment.
import { z } from 'zod';
import type { Table } from '../../shared/platform/tables';
import { newDataRunId, newRunId, runIdSchema, type Run } from '../../shared/runs/run';
import { makeRunStore, RunMissing, type RunStore } from '../../shared/runs/run-store';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnTable } from '../support/azurite-clients';
import { aRun, noon, runId } from './support/fixtures';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

async function start() {
  const { table } = await makeOwnTable(azurite);
  return { table, runs: makeRunStore(table) };
}

const other = 'spring-20260301120500-bbbbbbbbbbbb';
const queued = (id = runId, change: Partial<Run> = {}) =>
  aRun({ id, status: 'Queued', startedAt: null, ...change });
const ended = (run: Run): Run => ({ ...run, status: 'Successful', endedAt: new Date(noon).toISOString() });

async function rowsOf(table: Table): Promise<string[]> {
  const rows: string[] = [];
  for await (const { rowKey } of table.all(z.unknown(), 'spring')) rows.push(rowKey);
  return rows;
}

/** The table, but one call of `change` goes wrong in the way that is named. */
function faulty(table: Table, fault: 'before' | 'after'): Table {
  let faults = 1;
  return {
    ...table,
    async change(partition, changes) {
      if (fault === 'after') {
        const done = await table.change(partition, changes);
        // The SDK repeats a call whose answer it did not get, and then finds what its first try wrote.
        return faults-- > 0 ? table.change(partition, changes) : done;
      }
      if (faults-- > 0) throw new Error('storage is away');
      return table.change(partition, changes);
    },
  };
}

describe('starting a run', () => {
  test('creates the run and locks its export', async () => {
    const { runs } = await start();
    await expect(runs.start(queued())).resolves.toEqual({ kind: 'started' });
    await expect(runs.get(runId)).resolves.toEqual(queued());
    await expect(runs.lock('spring')).resolves.toMatchObject({ runId, pointers: null });
  });

  test('does both or neither', async () => {
    const { table } = await start();
    await expect(makeRunStore(faulty(table, 'before')).start(queued())).rejects.toThrow('storage is away');
    expect(await rowsOf(table)).toEqual([]);
  });

  test('of many starts at once, one starts and the others are told which', async () => {
    const { runs } = await start();
    const ids = Array.from({ length: 8 }, (_, index) => newRunId('spring', new Date(noon + index * 1000)));
    const outcomes = await Promise.all(ids.map((id) => runs.start(queued(id))));
    const [winner, ...more] = ids.filter((_, index) => outcomes[index]?.kind === 'started');
    expect(more).toEqual([]);
    for (const [index, outcome] of outcomes.entries()) {
      if (ids[index] !== winner) expect(outcome).toEqual({ kind: 'busy', runId: winner });
    }
    const found = await Promise.all(ids.map((id) => runs.get(id)));
    expect(found.filter((run) => run !== undefined)).toHaveLength(1);
  });

  test('of one id at the same moment, and again, starts one run', async () => {
    const { table, runs } = await start();
    const outcomes = await Promise.all([runs.start(queued()), runs.start(queued()), runs.start(queued())]);
    expect(outcomes).toEqual([{ kind: 'started' }, { kind: 'started' }, { kind: 'started' }]);
    expect(await rowsOf(table)).toHaveLength(2);
  });

  test('that somebody else starts between two looks is a start all the same', async () => {
    const { table, runs } = await start();
    let looks = 0;
    const late = makeRunStore({
      ...table,
      async get(schema, partition, rowKey) {
        // The lock is looked at first, and the run then.
        if ((looks += 1) === 2) await runs.start(queued());
        return table.get(schema, partition, rowKey);
      },
    });
    await expect(late.start(queued())).resolves.toEqual({ kind: 'started' });
    expect(await rowsOf(table)).toHaveLength(2);
  });

  test('whose answer was lost on the way is still a start', async () => {
    const { table } = await start();
    await expect(makeRunStore(faulty(table, 'after')).start(queued())).resolves.toEqual({ kind: 'started' });
    expect(await rowsOf(table)).toHaveLength(2);
  });

  test('with the id of a run that is over does nothing', async () => {
    const { runs } = await start();
    await runs.start(queued());
    const over = await runs.finish(runId, ended);
    await expect(runs.start(queued())).resolves.toEqual({ kind: 'done' });
    await expect(runs.get(runId)).resolves.toEqual(over);
    await expect(runs.lock('spring')).resolves.toMatchObject({ runId: null });
  });

  test('of another export is independent', async () => {
    const { runs } = await start();
    await runs.start(queued());
    const summer = queued('summer-20260301120000-abcdefghij23', { exportId: 'summer' });
    await expect(runs.start(summer)).resolves.toEqual({ kind: 'started' });
  });
});

describe('changing a run', () => {
  test('loses no change of those that come at once', async () => {
    const { runs } = await start();
    await runs.start(queued());
    await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        runs.update(runId, (run) => ({ ...run, warnings: [...run.warnings, `w${index}`] })),
      ),
    );
    expect((await runs.get(runId))?.warnings.toSorted()).toEqual(['w0', 'w1', 'w2', 'w3', 'w4', 'w5']);
  });

  test('is refused for a run that is over: the caller gets it as it ended', async () => {
    const { runs } = await start();
    await runs.start(queued());
    const over = await runs.finish(runId, ended);
    await expect(runs.update(runId, (run) => ({ ...run, cancelRequested: true }))).resolves.toEqual(over);
    await expect(runs.get(runId)).resolves.toEqual(over);
  });

  test('of a run that is not there says so', async () => {
    const { runs } = await start();
    await expect(runs.update(runId, (run) => run)).rejects.toThrow(RunMissing);
    await expect(runs.get(runId)).resolves.toBeUndefined();
  });

  test('to something that is no run is refused', async () => {
    const { runs } = await start();
    await runs.start(queued());
    await expect(runs.update(runId, (run) => ({ ...run, startedAt: 'yesterday' }))).rejects.toThrow();
    await expect(runs.get(runId)).resolves.toEqual(queued());
  });
});

describe('finishing a run', () => {
  test('frees the export for the next', async () => {
    const { runs } = await start();
    await runs.start(queued());
    await runs.finish(runId, ended);
    await expect(runs.start(queued(other))).resolves.toEqual({ kind: 'started' });
  });

  test('keeps the commit pointers of what it read, beside those of other segments', async () => {
    const { runs } = await start();
    await runs.know('spring', null, { old: 'a', customers: 'b' });
    await runs.start(queued());
    await runs.finish(runId, (run) => ({ ...ended(run), pointers: { customers: 'c' } }));
    await expect(runs.lock('spring')).resolves.toMatchObject({
      runId: null,
      pointers: { old: 'a', customers: 'c' },
    });
  });

  test('once more changes nothing, also when the next run is on', async () => {
    const { runs } = await start();
    await runs.start(queued());
    const over = await runs.finish(runId, ended);
    await runs.start(queued(other));
    await expect(runs.finish(runId, (run) => ({ ...run, status: 'Failed' }))).resolves.toEqual(over);
    await expect(runs.lock('spring')).resolves.toMatchObject({ runId: other });
  });

  test('by two at once ends it one way', async () => {
    const { runs } = await start();
    await runs.start(queued());
    const [a, b] = await Promise.all([
      runs.finish(runId, ended),
      runs.finish(runId, (run) => ({ ...run, status: 'Failed' })),
    ]);
    expect(a).toEqual(b);
    await expect(runs.get(runId)).resolves.toEqual(a);
  });

  test('does both or neither', async () => {
    const { table, runs } = await start();
    await runs.start(queued());
    await expect(makeRunStore(faulty(table, 'before')).finish(runId, ended)).rejects.toThrow(
      'storage is away',
    );
    await expect(runs.get(runId)).resolves.toMatchObject({ status: 'Queued' });
    await expect(runs.lock('spring')).resolves.toMatchObject({ runId });
  });
});

describe('what counts as known', () => {
  const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();
  const pointers = async (runs: RunStore) => (await runs.lock('spring')).pointers;

  test('is settled once for each save, and an earlier save has no say', async () => {
    const { runs } = await start();
    await runs.know('spring', at(1), { customers: 'a' });
    await runs.know('spring', at(1), { customers: 'b' });
    await runs.know('spring', at(0), { customers: 'c' });
    await runs.know('spring', null, { customers: 'd' });
    await expect(pointers(runs)).resolves.toEqual({ customers: 'a' });
    await runs.know('spring', at(2), { vips: 'e' });
    await expect(pointers(runs)).resolves.toEqual({ customers: 'a', vips: 'e' });
  });

  test('is settled for an export whose only run ended before it looked at the data', async () => {
    const { runs } = await start();
    await runs.start(queued());
    await runs.finish(runId, ended);
    await runs.know('spring', null, { customers: 'a' });
    await expect(pointers(runs)).resolves.toEqual({ customers: 'a' });
  });

  test('stays when the run that is on had read older data before the save', async () => {
    const { runs } = await start();
    await runs.start(queued());
    await runs.update(runId, (run) => ({ ...run, pointers: { customers: 'a' } }));
    await runs.know('spring', at(1), { customers: 'b' });
    await runs.finish(runId, ended);
    await expect(pointers(runs)).resolves.toEqual({ customers: 'b' });
  });

  test('stays of no segment that changed after the save, when the run that is on has read it', async () => {
    const { runs } = await start();
    await runs.know('spring', at(0), { customers: 'a', vips: 'a' });
    await runs.start(queued());
    await runs.update(runId, (run) => ({ ...run, pointers: { customers: 'b', vips: 'b' } }));
    await runs.know('spring', at(1), { vips: 'c' });
    await runs.finish(runId, ended);
    await expect(pointers(runs)).resolves.toEqual({ customers: 'b', vips: 'c' });
  });

  test('gives way to what the run that is on reads after the save, and to later runs', async () => {
    const { runs } = await start();
    await runs.start(queued());
    await runs.update(runId, (run) => ({ ...run, pointers: { customers: 'a' } }));
    await runs.know('spring', at(1), { customers: 'b' });
    await runs.finish(runId, (run) => ({ ...ended(run), pointers: { customers: 'c' } }));
    await expect(pointers(runs)).resolves.toEqual({ customers: 'c' });
    await runs.start(queued(other));
    await runs.finish(other, (run) => ({ ...ended(run), pointers: { customers: 'a' } }));
    await expect(pointers(runs)).resolves.toEqual({ customers: 'a' });
  });

  test('is written by one of two who settle it at once', async () => {
    const { runs } = await start();
    const settled = await Promise.all(
      ['a', 'b', 'c'].map((pointer) => runs.know('spring', at(1), { customers: pointer })),
    );
    const last = await runs.lock('spring');
    expect(settled).toEqual([last, last, last]);
  });
});

describe('the id of a run', () => {
  test('is one that paths and keys take, and another each time', () => {
    const [a, b] = [newRunId('spring', new Date(noon)), newRunId('spring', new Date(noon))];
    expect(runIdSchema.safeParse(a).success).toBe(true);
    expect(a).toMatch(/^spring-20260301120000-/);
    expect(a).not.toBe(b);
  });

  test('for new data is the same for the same data, in whatever order the segments stand', () => {
    const id = newDataRunId('spring', new Date(noon), { a: '1', b: '2' });
    expect(newDataRunId('spring', new Date(noon), { b: '2', a: '1' })).toBe(id);
    expect(newDataRunId('spring', new Date(noon), { a: '1', b: '3' })).not.toBe(id);
    expect(newDataRunId('summer', new Date(noon), { a: '1', b: '2' })).not.toBe(id);
    expect(runIdSchema.safeParse(id).success).toBe(true);
  });
});
