// The whole app on the local host, with proxies in front of storage and Constant Contact, and a host that can be killed and started
// again. Each export of it has a list of its own and sends the same three people, each of them as a batch.
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { makeRunStore, type RunStore } from '../../shared/runs/run-store';
import type { Run } from '../../shared/runs/run';
import { openPlatform, type Platform } from '../../shared/platform/open-platform';
import { readSettings } from '../../shared/platform/settings';
import { startConstantContact, type ConstantContactEmulator } from '../emulators/constant-contact/emulator';
import {
  startFunctionsHost,
  type FunctionsHost,
  type FunctionsHostOptions,
} from '../emulators/functions-host/functions-host';
import { startIdentityEndpoint } from '../emulators/identity';
import { startKeyVault, type KeyVault } from '../emulators/key-vault';
import { seedConnectionAndExport } from '../local/seed';
import { localTenantId } from '../local/stack';
import { startAzurite, type Azurite } from '../support/azurite';
import { projectRoot } from '../support/project-root';
import { until } from '../support/until';
import { startAzureProxy, type AzureProxy } from './azure-proxy';
import { makeFaults, startFaultProxy, type Faults } from './fault-proxy';

const container = 'segments';
/** Without the number of their segment, which is part of their addresses. */
export const people = ['ann@example.com', 'bob@example.com', 'cleo@example.com'] as const;

/** Constant Contact puts a person on 50 lists at most, so after so many exports other people are sent. */
const exportsPerSegment = 40;
const segmentCount = 4;
const segmentOf = (made: number) => `People${Math.floor(made / exportsPerSegment)}`;

export interface FiredExport {
  readonly id: string;
  readonly listId: string;
}

export interface StackUnderFire {
  readonly azurite: Azurite;
  readonly storage: AzureProxy;
  readonly keyVault: KeyVault;
  readonly constantContact: ConstantContactEmulator;
  /** What goes wrong on the way to Constant Contact. */
  readonly onTheWay: Faults;
  readonly runs: RunStore;
  readonly platform: Platform;
  /** Every line that the hosts and the app wrote. */
  readonly logged: readonly string[];
  /** Starts a host, beside those that are up. */
  startHost(options?: Partial<FunctionsHostOptions>): Promise<FunctionsHost>;
  makeExport(): Promise<FiredExport>;
  /** Asks a host to run an export. @returns the run's id. */
  start(host: FunctionsHost, exportId: string): Promise<string>;
  /** Waits until a run's orchestration has ended. */
  ended(host: FunctionsHost, runId: string): Promise<Run>;
  /** What is there after a run. */
  afterwards(wanted: FiredExport, runId: string): Promise<Afterwards>;
  stop(): Promise<void>;
}

export interface Afterwards {
  readonly status: string;
  readonly reason: string | null;
  readonly counts: object;
  readonly members: readonly string[];
  /** Batch and attempt of each import job. */
  readonly jobs: readonly string[];
  readonly lock: string | null;
  readonly imports: readonly string[];
  readonly files: readonly string[];
}

/** How a run looks afterwards that nothing has happened to. */
export const unharmed: Afterwards = {
  status: 'Successful',
  reason: null,
  counts: { read: 3, accepted: 3, duplicate: 0, rejected: 0, refused: 0, unconfirmed: 0, notSent: 0 },
  members: people,
  jobs: ['1-1', '2-1', '3-1'],
  lock: null,
  imports: [],
  files: ['execution/rejects.csv', 'manifest.json', 'report.json'],
};

/** Longer than any test waits for a run. Milliseconds. */
const longestRun = 120_000;

export async function startStackUnderFire(
  settings: Readonly<Record<string, string>> = {},
  limits: { readonly perSecond: number; readonly perDay?: number } = { perSecond: 50 },
): Promise<StackUnderFire> {
  const azurite = await startAzurite();
  const [storage, identity, keyVault, constantContact] = await Promise.all([
    startAzureProxy(azurite),
    startIdentityEndpoint(),
    startKeyVault(),
    startConstantContact({ jobMilliseconds: 100, limits }),
  ]);
  const onTheWay = makeFaults();
  const way = await startFaultProxy(constantContact.url, onTheWay);
  const environment = {
    AzureWebJobsStorage: storage.connectionString,
    SEGMENT_STORAGE: storage.connectionString,
    SEGMENT_CONTAINER: container,
    SEGMENT_PREFIX: 'export',
    KEY_VAULT_URL: keyVault.url,
    IDENTITY_ENDPOINT: identity.url,
    IDENTITY_HEADER: identity.header,
    AUTH_TENANT_ID: localTenantId,
    CONSTANT_CONTACT_CLIENT_ID: constantContact.clientId,
    CONSTANT_CONTACT_API_URL: `${way.url}/v3`,
    CONSTANT_CONTACT_TOKEN_URL: constantContact.tokenUrl.replace(constantContact.url, way.url),
    CONSTANT_CONTACT_REQUESTS_PER_SECOND: String(limits.perSecond),
    CONSTANT_CONTACT_REQUESTS_PER_DAY: String(limits.perDay ?? 10_000),
    REQUEST_TIMEOUT_SECONDS: '2.5',
    CLAIM_SECONDS: '5',
    IMPORT_SETTLE_SECONDS: '0.5',
    IMPORT_CONCURRENCY: '1',
    POLL_FIRST_SECONDS: '0.3',
    POLL_LONGEST_SECONDS: '1',
    RETRY_FIRST_SECONDS: '0.5',
    AWAY_PAUSE_SECONDS: '0.2',
    RUN_RETRY_SECONDS: 'off',
    // Timers are fired by the tests.
    SCHEDULE_CRON: '0 0 5 31 1 *',
    ...settings,
  };
  // Seeds and looks go past the proxy.
  const directly = {
    ...environment,
    AzureWebJobsStorage: azurite.connectionString,
    SEGMENT_STORAGE: azurite.connectionString,
  };
  const platform = openPlatform(readSettings(directly));
  await platform.ready();
  await uploadPeople(azurite, storage);

  const hosts: FunctionsHost[] = [];
  const logged: string[] = [];
  const runs = makeRunStore(platform.tables.runs);
  const tables = (name: string) =>
    TableClient.fromConnectionString(azurite.connectionString, name, { allowInsecureConnection: true });
  let made = 0;

  return {
    azurite,
    storage,
    keyVault,
    constantContact,
    onTheWay,
    runs,
    platform,
    logged,
    async startHost(options = {}) {
      const host = await startFunctionsHost({
        appRoot: projectRoot(),
        storage: storage.connectionString,
        tenantId: localTenantId,
        workItemVisibilityMs: 1000,
        onLog: (line) => void logged.push(line),
        env: environment,
        ...options,
      });
      hosts.push(host);
      return host;
    },
    async makeExport() {
      const segment = segmentOf(made);
      const name = `List ${(made += 1)}`;
      const [list] = constantContact.seed({ lists: [{ name }] });
      if (!list) throw new Error('the emulator made no list');
      const columns = { email: 'Email', profileId: 'Id', firstName: 'First', lastName: 'Last' };
      const { exportId } = await seedConnectionAndExport(
        { appEnvironment: directly, constantContact },
        { name, listId: list.id, segments: [segment], columns },
      );
      return { id: exportId, listId: list.id };
    },
    async start(host, exportId) {
      const answer = await fetch(`${host.url}/api/exports/${exportId}/runs`, { method: 'POST' });
      if (answer.status !== 202)
        throw new Error(`the start was answered ${answer.status}: ${await answer.text()}`);
      return ((await answer.json()) as { id: string }).id;
    },
    async ended(host, runId) {
      const url = `${host.url}/runtime/webhooks/durabletask/instances/${runId}`;
      await until(async () => {
        const answer = await fetch(url, { headers: { 'x-functions-key': host.key } });
        if (answer.status === 404) return false;
        const { runtimeStatus } = (await answer.json()) as { runtimeStatus: string };
        return ['Completed', 'Failed', 'Terminated'].includes(runtimeStatus);
      }, longestRun);
      const run = await runs.get(runId);
      if (!run) throw new Error('the run is gone');
      return run;
    },
    async afterwards({ id, listId }, runId) {
      const run = await runs.get(runId);
      const imports: string[] = [];
      for await (const row of tables('imports').listEntities({
        queryOptions: { filter: `PartitionKey eq '${runId}'` },
      }))
        imports.push(row.rowKey ?? '');
      const files: string[] = [];
      for await (const { name } of platform.files.list(`${runId}/`)) files.push(name.slice(runId.length + 1));
      return {
        status: run?.status ?? 'gone',
        reason: run?.reason?.code ?? null,
        counts: run?.counts ?? {},
        members: [...constantContact.members(listId)]
          .map(({ address }) => address.replace(/\d+@/, '@'))
          .sort(),
        jobs: constantContact
          .state(0)
          .jobs.flatMap(({ fileName = '' }) =>
            fileName.startsWith(`${runId}-`) ? [fileName.slice(runId.length + 1, -'.csv'.length)] : [],
          )
          .sort(),
        lock: (await runs.lock(id)).runId,
        imports,
        files: files.map((name) => name.replace(/^[0-9a-f]{8}-[0-9a-f-]{27}/, 'execution')).sort(),
      };
    },
    async stop() {
      for (const host of hosts) host.kill();
      await Promise.all(hosts.map((host) => host.exited));
      await Promise.all([
        storage.stop(),
        way.stop(),
        constantContact.stop(),
        keyVault.stop(),
        identity.stop(),
      ]);
      await azurite.stop();
    },
  };
}

/** @param storage names the files as the app sees them. */
async function uploadPeople(azurite: Azurite, storage: AzureProxy): Promise<void> {
  const client = (text: string) => BlobServiceClient.fromConnectionString(text).getContainerClient(container);
  const target = client(azurite.connectionString);
  await target.createIfNotExists();
  const columns = ['Id', 'Email', 'First', 'Last'];
  const names = Array.from({ length: segmentCount }, (_, index) => `People${index}`);
  const model = {
    name: 'export',
    version: '1.0',
    entities: names.map((name) => ({
      $type: 'LocalEntity',
      name,
      attributes: columns.map((column) => ({ name: column, dataType: 'string' })),
      partitions: [
        {
          name,
          location: `${client(storage.connectionString).url}/export/${name}.csv`,
          fileFormatSettings: { columnHeaders: true },
        },
      ],
    })),
  };
  const put = (name: string, text: string) =>
    target.getBlockBlobClient(`export/${name}`).upload(text, Buffer.byteLength(text));
  for (const [index, name] of names.entries()) {
    const [ann, bob, cleo] = people.map((address) => address.replace('@', `${index}@`));
    const rows = [`1,${ann},Ann,Bell`, `2,${bob},Bob,`, `3,${cleo},,`];
    await put(`${name}.csv`, [columns.join(','), ...rows, ''].join('\n'));
  }
  await put('model.json', JSON.stringify(model));
}
