// Two instances of the app on one storage account, and many exports due at once: each runs once, and none is forgotten.
import { TableClient } from '@azure/data-tables';
import { newExport } from '../../shared/exports/export';
import { makeTable, type Table } from '../../shared/platform/tables';
import type { ExportSchedule } from '../../shared/schedule/schedule';
import { listId, noon } from '../runs/support/fixtures';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeTimerWorld, settle } from './support/timer-world';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const names = ['exports', 'runs', 'schedule'] as const;

/** Each instance has clients of its own. */
const openTables = (connectionString: string) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      makeTable(TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true })),
    ]),
  ) as Record<(typeof names)[number], Table>;

test('50 exports that are due at once run once each, half of them for new data, though two instances tick at the same moments', async () => {
  const tables = openTables(azurite.connectionString);
  for (const name of names) await tables[name].prepare();
  const worlds = [
    makeTimerWorld({ tables }),
    makeTimerWorld({ tables: openTables(azurite.connectionString) }),
  ];
  const [first, second] = worlds as [(typeof worlds)[number], (typeof worlds)[number]];
  const both = () => Promise.all([first.tick(), second.tick(), first.tick()]);
  const pass = (time: number) => worlds.forEach((world) => world.time.advance(time));

  const own: ExportSchedule = { kind: 'times', times: ['12:10'], days: null, timeZone: 'UTC' };
  for (let index = 0; index < 50; index++) {
    const wanted = newExport(
      {
        name: `Export ${index}`,
        connectionId: 'main',
        listId,
        mapping: { email: 'Email', fields: {} },
        segments: ['customers'],
        schedule: index % 2 === 0 ? own : { kind: 'with-refresh' },
        addressesInClear: false,
      },
      { id: `export${index}`, listName: null, by: { id: 'tenant/person', name: 'Ada' }, at: noon },
    );
    await first.exports.create(wanted);
  }
  for (const world of worlds) world.write('p1');
  await both();
  expect([...first.started, ...second.started]).toEqual([]);

  pass(10 * 60_000 - settle);
  for (const world of worlds) world.write('p2');
  pass(settle);
  await both();
  // What one of them wrote down as owed and lost to the other, the next tick would start.
  const started = new Set([...first.started, ...second.started]);
  expect(started.size).toBe(50);
  const runs = await Promise.all([...started].map((runId) => first.runs.get(runId)));
  expect(new Set(runs.map((run) => run!.exportId)).size).toBe(50);
  expect(runs.filter((run) => run!.trigger.kind === 'new-data')).toHaveLength(25);
  expect(runs.filter((run) => run!.trigger.kind === 'schedule')).toHaveLength(25);

  for (const runId of started) {
    for (const world of worlds) world.orchestrations.set(runId, 'over');
    await first.end(runId);
  }
  pass(60_000);
  await both();
  await both();
  expect(new Set([...first.started, ...second.started]).size).toBe(50);
  expect([...first.closed, ...second.closed]).toEqual([]);
});
