// A tick costs little, however many exports there are: what it asks of storage is counted.
import { exportSchema } from '../../shared/exports/export';
import type { ExportSchedule } from '../../shared/schedule/schedule';
import { anExport, noon } from '../runs/support/fixtures';
import { makeMemoryTable, type TableOperation } from '../support/memory-tables';
import { makeTimerWorld, settle } from './support/timer-world';

/** A table that counts what is asked of it. */
function makeCountedTable() {
  const counts: Record<TableOperation, number> = { get: 0, change: 0, remove: 0, query: 0 };
  const table = makeMemoryTable({
    before(operation) {
      counts[operation] += 1;
    },
  });
  return {
    table,
    /** Since it was last asked. */
    counted() {
      const counted = { ...counts };
      for (const operation of Object.keys(counts) as TableOperation[]) counts[operation] = 0;
      return counted;
    },
  };
}

test('a tick over 1,000 exports asks for them and their state in a query each, looks at each lock and segment once, and writes nothing', async () => {
  const counted = { exports: makeCountedTable(), runs: makeCountedTable(), schedule: makeCountedTable() };
  const tables = {
    exports: counted.exports.table,
    runs: counted.runs.table,
    schedule: counted.schedule.table,
  };
  const app = makeTimerWorld({ tables });
  const since = new Date(noon).toISOString();
  const daily: ExportSchedule = { kind: 'times', times: ['13:00'], days: null, timeZone: 'Europe/Vienna' };
  for (let index = 0; index < 1_000; index++) {
    await app.exports.create(
      exportSchema.parse(
        anExport({
          id: `export${index}`,
          segments: [`segment${index % 10}`],
          schedule: index % 2 === 0 ? { kind: 'with-refresh' } : daily,
          knownSince: since,
          scheduledSince: since,
        }),
      ),
    );
  }
  for (let index = 0; index < 10; index++) app.write('p1', `segment${index}`);
  await app.tick();
  app.looks.length = 0;
  for (const { counted: forget } of Object.values(counted)) forget();

  app.time.advance(60_000);
  await app.tick();
  expect(counted.exports.counted()).toEqual({ query: 1, get: 0, change: 0, remove: 0 });
  expect(counted.runs.counted()).toEqual({ query: 0, get: 1_000, change: 0, remove: 0 });
  expect(counted.schedule.counted()).toEqual({ query: 2, get: 1, change: 0, remove: 0 });
  expect(app.looks.sort()).toEqual(['segment0', 'segment2', 'segment4', 'segment6', 'segment8']);
  expect(app.started).toEqual([]);

  // All of one kind become due at once: each runs once.
  for (let index = 0; index < 10; index++) app.write('p2', `segment${index}`);
  app.time.advance(settle);
  await app.tick();
  await app.tick();
  expect(new Set((await app.runsStarted()).map(({ exportId }) => exportId)).size).toBe(500);
  expect(new Set(app.started).size).toBe(500);
});
