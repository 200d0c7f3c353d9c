// The budget on real Table storage and in real time: several instances race for one row.
import { TableClient } from '@azure/data-tables';
import { makeBudget, WaitForSlot } from '../../shared/constant-contact/budget';
import { systemClock } from '../../shared/platform/clock';
import { makeTable } from '../../shared/platform/tables';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeRecordingLog } from './support/recording-log';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const client = (name: string) =>
  TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true });

test('four instances get all their calls through without one second above the limit, and count each once', async () => {
  const perSecond = 20;
  const name = 'budget';
  await makeTable(client(name)).prepare();
  const instance = () =>
    makeBudget({
      table: makeTable(client(name)),
      clientId: 'app',
      clock: systemClock,
      log: makeRecordingLog().log,
      perSecond,
      perDay: 10_000,
    });
  const times: number[] = [];

  async function caller(budget: ReturnType<typeof instance>) {
    for (;;) {
      try {
        await budget.reserve();
        return void times.push(Date.now());
      } catch (error) {
        if (!(error instanceof WaitForSlot)) throw error;
        await systemClock.sleep(error.until - Date.now());
      }
    }
  }
  const instances = Array.from({ length: 4 }, instance);
  await Promise.all(instances.flatMap((budget) => Array.from({ length: 10 }, () => caller(budget))));

  expect(times).toHaveLength(40);
  times.sort((a, b) => a - b);
  for (let index = perSecond; index < times.length; index += 1) {
    expect(times[index]! - times[index - perSecond]!).toBeGreaterThanOrEqual(1000);
  }
  expect(await instance().usedToday()).toMatchObject({ used: 40, left: 9960 });
  const rows = [];
  for await (const row of client(name).listEntities()) rows.push(row.rowKey);
  // The SHA-256 of the client id "app".
  expect(rows).toEqual(['a172cedcae47474b615c54d510a5d84a8dea3032e958587430b413538be3f333']);
});
