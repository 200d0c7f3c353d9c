// Client, budget, tokens and leases together, as two instances of the app would use them, against the Constant Contact emulator.
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { makeBudget } from '../../shared/constant-contact/budget';
import { makeConstantContact } from '../../shared/constant-contact/client';
import { LARGEST_CSV_BYTES } from '../../shared/constant-contact/import-body';
import { makeTokenEndpoint } from '../../shared/constant-contact/token-endpoint';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { LONGEST_REFRESH_CALL_MILLISECONDS, makeTokens } from '../../shared/constant-contact/tokens';
import { systemClock } from '../../shared/platform/clock';
import { makeLease } from '../../shared/platform/lease';
import { makeTable } from '../../shared/platform/tables';
import { startConstantContact, type ConstantContactEmulator } from '../emulators/constant-contact/emulator';
import { startAzurite, type Azurite } from '../support/azurite';
import { csvFile } from './support/csv-file';
import { makeMemorySecrets } from './support/memory-stores';
import { makeRecordingLog } from './support/recording-log';
import { nobodyObserves } from './support/tokens';

let azurite: Azurite;
let emulator: ConstantContactEmulator;
beforeAll(async () => {
  azurite = await startAzurite();
  emulator = await startConstantContact({ jobMilliseconds: 200 });
});
afterAll(async () => {
  await emulator.stop();
  await azurite.stop();
});

const secrets = makeMemorySecrets();
const logged = makeRecordingLog();

/** One instance of the app. All share the table, the leases and the vault. */
async function instance() {
  const { connectionString } = azurite;
  const table = makeTable(
    TableClient.fromConnectionString(connectionString, 'budget', { allowInsecureConnection: true }),
  );
  const lease = makeLease(new ContainerClient(connectionString, 'leases'));
  await table.prepare();
  await lease.prepare();
  const shared = { clock: systemClock, log: logged.log, secrets, fetch, clientId: emulator.clientId };
  const budget = makeBudget({ ...shared, table, perSecond: 4, perDay: 10_000 });
  const endpoint = makeTokenEndpoint({
    ...shared,
    tokenUrl: emulator.tokenUrl,
    clientSecretName: 'client-secret',
    budget: makeBudget({ ...shared, table, purpose: 'token', perSecond: 1 }),
    timeoutMs: LONGEST_REFRESH_CALL_MILLISECONDS,
  });
  const tokens = makeTokens({ ...shared, lease, endpoint, observer: nobodyObserves });
  const client = makeConstantContact({
    ...shared,
    apiUrl: emulator.apiUrl,
    accessToken: (options) => tokens.accessToken('conn1', options),
    budget,
    requestTimeoutMs: 20_000,
  });
  return { client, budget };
}

test('two instances renew an old token once, import at once, and break no limit', async () => {
  const { access_token, refresh_token } = emulator.issueTokens();
  secrets.stored.set('client-secret', emulator.clientSecret);
  const old = { accessToken: access_token, refreshToken: refresh_token, expiresAt: new Date().toISOString() };
  secrets.stored.set(tokenSecretName('conn1'), JSON.stringify(old));
  const since = new Date().toISOString();
  const [one, two] = await Promise.all([instance(), instance()]);

  const list = await one.client.createContactList('News');
  expect(await two.client.contactLists()).toContainEqual({ ...list, members: 0 });

  const rows = (count: number, from: number) =>
    Array.from({ length: count }, (_, row) => `person-${from + row}@example.com\r\n`).join('');
  const csv = (count: number, from: number) => Buffer.from(`email\r\n${rows(count, from)}`);
  const padded = `email,first_name\r\n${Array.from({ length: 39_000 }, (_, row) => `big-${row}@example.com,${'x'.repeat(70)}\r\n`).join('')}`;
  expect(padded.length).toBeLessThan(LARGEST_CSV_BYTES);
  const files = [csv(10, 0), csv(10, 10), csv(10, 20), csv(10, 30), Buffer.from(padded), csv(10, 40)];
  const accepted = await Promise.all(
    files.map((file, index) =>
      (index % 2 ? one : two).client.importContacts({
        fileName: `run-${index}.csv`,
        csv: csvFile(file),
        listIds: [list.id],
      }),
    ),
  );
  // Revoked in the middle: both are told 401 and find one new token between them.
  emulator.revokeTokens('access');
  await Promise.all([one.client.customFields(), two.client.accountSummary()]);

  let jobs = await two.client.importJobs({ since });
  while (jobs.some(({ state }) => state !== 'completed')) jobs = await two.client.importJobs({ since });
  expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(accepted.map(({ id }) => id)));
  expect(jobs.map(({ fileName }) => fileName).sort()).toEqual(files.map((_, index) => `run-${index}.csv`));

  const state = emulator.state();
  expect(state.violations).toEqual([]);
  expect(state.oversize).toEqual([]);
  expect(state.lists.find(({ id }) => id === list.id)).toMatchObject({ memberCount: 39_050 });
  // Two renewals in all: the old token at the start, the revoked one in the middle.
  expect(secrets.history).toHaveLength(2);
  expect(state.usage[0]?.requestsToday).toBeLessThanOrEqual((await one.budget.usedToday()).used);
  for (const secret of [access_token, refresh_token, emulator.clientSecret, 'example.com'])
    expect(logged.text()).not.toContain(secret);
});
