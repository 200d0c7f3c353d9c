// The whole app in one process, for tests of what a run comes to: the real orchestrator, activities, reader, preparation and client,
// against the Constant Contact emulator over HTTP. Storage and vault are in memory, and time passes only when somebody waits.
import { compose, type Deps } from '../../functions/composition';
import { makeHealthFactsStore } from '../../shared/connections/health-facts';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import type { Export } from '../../shared/exports/export';
import type { Lease } from '../../shared/platform/lease';
import { makeLog } from '../../shared/platform/log';
import { tableNames } from '../../shared/platform/open-platform';
import { readSettings } from '../../shared/platform/settings';
import { newRunId, type Run } from '../../shared/runs/run';
import { startConstantContact, type ConstantContactEmulator } from '../emulators/constant-contact/emulator';
import type { Options } from '../emulators/constant-contact/options';
import { driveRun, type DrivenRun, type Driving } from './drive-run';
import { makeMemoryBlobs, type MemoryBlobs, type MemoryBlobsOptions } from './memory-blobs';
import { makeMemoryTable, type MemoryTable, type MemoryTableOptions } from './memory-tables';

export const containerUrl = 'http://127.0.0.1:10000/devstoreaccount1/segments';
export const connectionId = 'connection1';
const tester = { id: 'tenant/tester', name: 'Tester' };

export interface AppInMemory {
  readonly deps: Deps;
  /** Another instance of the app, with the same storage and vault. */
  instance(): Deps;
  readonly constantContact: ConstantContactEmulator;
  /** The container of the segments. */
  readonly segments: MemoryBlobs;
  /** The container of the runs. */
  readonly files: MemoryBlobs;
  readonly tables: Readonly<Record<(typeof tableNames)[number], MemoryTable>>;
  readonly secrets: Map<string, string>;
  readonly clock: { now(): number };
  readonly listId: string;
  /** Every line that the app logged. */
  readonly logged: readonly string[];
  /** Stores an export of these segments; everything else has a default. */
  makeExport(wanted: Pick<Export, 'mapping' | 'segments'> & Partial<Export>): Promise<Export>;
  /** Runs an export to its end. */
  run(exportId: string, how?: HowDriven): Promise<Run>;
  /** Begins a run, and leaves it to the caller to wait for its end. */
  begin(exportId: string, how?: HowDriven): Promise<DrivenRun & { readonly runId: string }>;
  /** What the route for it does: a flag in the run's row, and an event. */
  cancel(runId: string): Promise<void>;
  passTime(milliseconds: number): void;
  stop(): Promise<void>;
}

export type HowDriven = Pick<Driving, 'before' | 'around' | 'deliverTwice'>;

export interface AppOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly constantContact?: Options;
  /** What the storage does besides, for the containers of the runs and of the segments. */
  readonly files?: MemoryBlobsOptions;
  readonly segments?: MemoryBlobsOptions;
  /** The same for the tables `runs`, `imports` and `budget`. */
  readonly tables?: MemoryTableOptions;
}

export async function startAppInMemory(options: AppOptions = {}): Promise<AppInMemory> {
  let time = Date.parse('2026-03-02T09:00:00Z');
  const clock = {
    now: () => time,
    sleep: (milliseconds: number) => {
      time += milliseconds;
      return Promise.resolve();
    },
  };
  const constantContact = await startConstantContact({
    clock,
    jobMilliseconds: 1_000,
    limits: { perSecond: 1_000_000, perDay: 1_000_000_000 },
    ...options.constantContact,
  });
  const [list] = constantContact.seed({ lists: [{ name: 'Customers' }] });
  if (!list) throw new Error('the emulator made no list');

  const ofRuns = ['runs', 'imports', 'budget'];
  const tables = Object.fromEntries(
    tableNames.map((name) => [name, makeMemoryTable(ofRuns.includes(name) ? options.tables : {})]),
  ) as unknown as AppInMemory['tables'];
  const { access_token, refresh_token, expires_in } = constantContact.issueTokens();
  const expiresAt = new Date(time + expires_in * 1000).toISOString();
  const secrets = new Map([
    ['constant-contact-client-secret', constantContact.clientSecret],
    [
      tokenSecretName(connectionId),
      JSON.stringify({ accessToken: access_token, refreshToken: refresh_token, expiresAt }),
    ],
  ]);
  const logged: string[] = [];
  const segments = makeMemoryBlobs(options.segments);
  const files = makeMemoryBlobs(options.files);
  const lease: Lease = {
    prepare: () => Promise.resolve(),
    acquire: () => Promise.resolve({ renew: () => Promise.resolve(true), release: () => Promise.resolve() }),
  };

  const instance = (): Deps =>
    compose(
      readSettings({
        AzureWebJobsStorage: 'UseDevelopmentStorage=true',
        SEGMENT_STORAGE: 'UseDevelopmentStorage=true',
        SEGMENT_CONTAINER: 'segments',
        KEY_VAULT_URL: 'http://127.0.0.1:1',
        AUTH_TENANT_ID: '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11',
        CONSTANT_CONTACT_CLIENT_ID: constantContact.clientId,
        CONSTANT_CONTACT_API_URL: constantContact.apiUrl,
        CONSTANT_CONTACT_TOKEN_URL: constantContact.tokenUrl,
        CONSTANT_CONTACT_REQUESTS_PER_SECOND: '100',
        CONSTANT_CONTACT_REQUESTS_PER_DAY: '10000000',
        ...options.settings,
      }),
      {
        clock,
        log: makeLog((_level, line) => void logged.push(line)),
        platform: {
          tables,
          files,
          lease,
          segmentBlobs: segments,
          segmentContainerUrl: containerUrl,
          secrets: {
            get: (name) => Promise.resolve(secrets.get(name)),
            set: (name, value) => Promise.resolve(void secrets.set(name, value)),
            retireOlder: () => Promise.resolve(),
            remove: (name) => Promise.resolve(void secrets.delete(name)),
          },
          ready: () => Promise.resolve(),
        },
      },
    );
  const deps = instance();
  const now = () => new Date(time).toISOString();
  await deps.connections.create({
    id: connectionId,
    name: 'Constant Contact',
    sharedWith: 'administrators',
    consent: { version: '1', acceptedAt: now(), acceptedBy: tester },
    account: null,
    exportUser: null,
    contactLimit: null,
    createdAt: now(),
    createdBy: tester,
    updatedAt: now(),
    updatedBy: tester,
    removing: null,
  });
  // What a sign-in leaves of itself.
  const facts = makeHealthFactsStore(tables.connections);
  await facts.update(connectionId, (before) => ({ ...before, tokensObtainedAt: now() }));

  const drives = new Map<string, DrivenRun>();
  async function begin(
    exportId: string,
    how: HowDriven = {},
  ): Promise<DrivenRun & { readonly runId: string }> {
    const wanted = (await deps.exports.get(exportId))?.value;
    if (!wanted) throw new Error(`there is no export ${exportId}`);
    const runId = newRunId(exportId, new Date(time));
    const trigger = { kind: 'on-demand', by: 'test', name: 'Test' } as const;
    await deps.startRun(wanted, { id: runId, trigger, pointers: {} });
    const passTimeTo = (moment: number) => void (time = Math.max(time, moment));
    const drive = driveRun({ deps, clock, passTimeTo, ...how }, runId);
    drives.set(runId, drive);
    return { ...drive, runId };
  }

  let exportsMade = 0;
  const somebody = { id: 'tenant/test', name: 'Test' };
  return {
    deps,
    constantContact,
    segments,
    files,
    tables,
    secrets,
    clock,
    listId: list.id,
    logged,
    begin,
    instance,
    passTime: (milliseconds) => void (time += milliseconds),
    async makeExport(wanted) {
      const made: Export = {
        id: `export${++exportsMade}`,
        name: 'Customers',
        connectionId,
        listId: list.id,
        listName: null,
        schedule: { kind: 'with-refresh' },
        addressesInClear: false,
        knownSince: null,
        scheduledSince: null,
        createdAt: now(),
        createdBy: somebody,
        updatedAt: now(),
        updatedBy: somebody,
        ...wanted,
      };
      await deps.exports.create(made);
      return made;
    },
    async run(exportId, how) {
      const { runId, ended } = await begin(exportId, how);
      await ended;
      const run = await deps.runs.get(runId);
      if (!run) throw new Error(`run ${runId} is gone`);
      return run;
    },
    async cancel(runId) {
      await deps.runs.update(runId, (before) => ({ ...before, cancelRequested: true }));
      drives.get(runId)?.wake();
    },
    stop: () => constantContact.stop(),
  };
}
