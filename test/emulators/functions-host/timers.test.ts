// Timer functions on the local Functions host.
import { startAzurite, type Azurite } from '../../support/azurite';
import { startHostApp, type HostApp } from '../../support/host-app';
import { until } from '../../support/until';

let azurite: Azurite;
let app: HostApp | undefined;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterEach(() => app?.stop());
afterAll(() => azurite.stop());

/** The first time of a year: no test runs into it by itself. */
const yearly = { TICK_SCHEDULE: '0 0 0 1 1 *' };
const toNewYearMs = () => Date.UTC(new Date().getUTCFullYear() + 1, 0, 1) - Date.now();
const ticks = () =>
  app!.notes().map((note) => JSON.parse(note.replace('tick ', '')) as { isPastDue: boolean });

test('a timer function runs when its time comes', async () => {
  app = await startHostApp(azurite.connectionString, { env: yearly });
  await app.host.setClock(toNewYearMs() - 150);
  await until(() => ticks().length > 0);
  expect(ticks()).toMatchObject([{ isPastDue: false }]);
});

test('times that the clock jumps over come once, late', async () => {
  app = await startHostApp(azurite.connectionString, { env: yearly });
  await app.host.setClock(toNewYearMs() + 60_000);
  await until(() => ticks().length > 0);
  expect(ticks()).toMatchObject([{ isPastDue: true }]);
});

test('of two hosts on one storage account only one runs it', async () => {
  app = await startHostApp(azurite.connectionString, { env: yearly });
  const other = await app.another();
  const aheadMs = toNewYearMs() - 300;
  await Promise.all([app.host.setClock(aheadMs), other.setClock(aheadMs)]);
  await until(() => ticks().length > 0);
  // Both clocks are past the time, and what they began has ended when they have stopped.
  await until(() => toNewYearMs() < aheadMs);
  await Promise.all([app.host.stop(), other.stop()]);
  expect(ticks()).toHaveLength(1);
});

test('it runs on request, as often as asked; nothing else does', async () => {
  app = await startHostApp(azurite.connectionString);
  await app.host.fireTimer('tick');
  await app.host.fireTimer('tick');
  await until(() => ticks().length === 2);
  expect((await fetch(`${app.host.url}/admin/functions/work`, { method: 'POST' })).status).toBe(404);
});
