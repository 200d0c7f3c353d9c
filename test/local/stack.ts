// Everything that the app needs, on this machine: storage, identity, vault, Constant Contact, and the host that runs the compiled app.
// Small emulators live in this process; Azurite and the Functions host are children, which end when this process ends.
import { join } from 'node:path';
import { startConstantContact, type ConstantContactEmulator } from '../emulators/constant-contact/emulator';
import type { Seed } from '../emulators/constant-contact/seed';
import { startFunctionsHost, type FunctionsHost } from '../emulators/functions-host/functions-host';
import { startIdentityEndpoint } from '../emulators/identity';
import { startKeyVault } from '../emulators/key-vault';
import { startAzurite, type Azurite } from '../support/azurite';
import { nextFreePort } from '../support/ports';
import { projectRoot } from '../support/project-root';
import { workerArguments, workerArgumentsSetting } from '../support/worker-arguments';

/** The directory that local sign-ins belong to. */
export const localTenantId = '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11';

export interface StackPorts {
  readonly functions: number;
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
  readonly keyVault: number;
  readonly constantContact: number;
}

export interface StackOptions {
  /** The folder of the app; the project, when absent. */
  readonly appRoot?: string;
  /** Where data lives, so that it survives a restart; in memory only when absent. */
  readonly folder?: string;
  /** Where each is looked for first; the next free port is taken. Any free ports when absent. */
  readonly ports?: StackPorts;
  readonly container: string;
  readonly prefix: string;
  /** App settings on top of the local ones, or in their place. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly constantContactSeed?: Seed;
  /** From acceptance to end of an import job. */
  readonly jobMilliseconds?: number;
  /** Each line that the host and the app write. */
  readonly onLog?: (line: string) => void;
  /** Ends the start. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  /** Without a slash at its end. */
  readonly functionsUrl: string;
  readonly host: FunctionsHost;
  readonly azurite: Azurite;
  readonly keyVaultUrl: string;
  readonly constantContact: ConstantContactEmulator;
  /** The environment in which the app runs: its settings, and where its identity comes from. */
  readonly appEnvironment: Readonly<Record<string, string>>;
  /** Resolves, with its name, when a part ends that should not. */
  readonly broken: Promise<string>;
  stop(): Promise<void>;
}

/** Waits that are minutes in production and need be no longer than this here. */
const localPace: Readonly<Record<string, string>> = {
  POLL_FIRST_SECONDS: '1',
  POLL_LONGEST_SECONDS: '5',
  IMPORT_SETTLE_SECONDS: '5',
  SEGMENT_SETTLE_SECONDS: '30',
};

/** How long an activity waits for the next start when its host was killed: no longer than somebody who watches will. */
const workItemVisibilityMs = 10_000;

/** Closers run once, the last one first; one that fails does not keep the others from running. */
function makeClosers() {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    const faults: unknown[] = [];
    for (let close = closers.pop(); close; close = closers.pop())
      await close().catch((error: unknown) => faults.push(error));
    if (faults.length > 0) throw new AggregateError(faults, 'not everything could be stopped');
  };
  return {
    add: (close: () => Promise<void>) => closers.push(close),
    close: () => (closing ??= closeAll()),
  };
}

/** An absent port lets the server find one itself. */
async function findPorts(wanted: StackPorts | undefined): Promise<Partial<StackPorts>> {
  if (!wanted) return {};
  // Nobody is driven to where another one belongs.
  const taken = new Set<number>(Object.values(wanted) as number[]);
  const found: Record<string, number> = {};
  for (const [name, port] of Object.entries(wanted) as [string, number][]) {
    taken.delete(port);
    found[name] = await nextFreePort(port, taken);
  }
  return found;
}

const portOption = (port: number | undefined) => (port === undefined ? {} : { port });

/** @throws what the first part that fails throws, after the others have been stopped. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { folder, signal } = options;
  const closers = makeClosers();
  /** Starts a part and sees to it that it is stopped. */
  const part = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    closers.add(() => started.stop());
    return started;
  };
  try {
    const ports = await findPorts(options.ports);
    const { blob, queue, table } = ports;
    const azurite = await part(
      startAzurite({
        ...(folder === undefined ? {} : { folder: join(folder, 'azurite') }),
        ...(blob && queue && table ? { ports: { blob, queue, table } } : {}),
      }),
    );
    const identity = await part(startIdentityEndpoint());
    const keyVault = await part(
      startKeyVault({
        ...portOption(ports.keyVault),
        ...(folder === undefined ? {} : { dataFile: join(folder, 'key-vault.json') }),
      }),
    );
    const constantContact = await part(
      startConstantContact({
        ...portOption(ports.constantContact),
        ...(folder === undefined ? {} : { dataFolder: join(folder, 'constant-contact') }),
        ...(options.constantContactSeed ? { seed: options.constantContactSeed } : {}),
        ...(options.jobMilliseconds === undefined ? {} : { jobMilliseconds: options.jobMilliseconds }),
      }),
    );
    signal?.throwIfAborted();

    const appEnvironment = {
      AzureWebJobsStorage: azurite.connectionString,
      SEGMENT_STORAGE: azurite.connectionString,
      SEGMENT_CONTAINER: options.container,
      SEGMENT_PREFIX: options.prefix,
      KEY_VAULT_URL: keyVault.url,
      IDENTITY_ENDPOINT: identity.url,
      IDENTITY_HEADER: identity.header,
      AUTH_TENANT_ID: localTenantId,
      CONSTANT_CONTACT_CLIENT_ID: constantContact.clientId,
      CONSTANT_CONTACT_API_URL: constantContact.apiUrl,
      CONSTANT_CONTACT_TOKEN_URL: constantContact.tokenUrl,
      CONSTANT_CONTACT_AUTHORIZE_URL: constantContact.authorizeUrl,
      [workerArgumentsSetting]: workerArguments(),
      ...localPace,
      ...options.settings,
    };
    const host = await part(
      startFunctionsHost({
        appRoot: options.appRoot ?? projectRoot(),
        storage: azurite.connectionString,
        env: appEnvironment,
        tenantId: localTenantId,
        workItemVisibilityMs,
        ...portOption(ports.functions),
        ...(options.onLog ? { onLog: options.onLog } : {}),
      }),
    );
    signal?.throwIfAborted();
    return {
      functionsUrl: host.url,
      host,
      azurite,
      keyVaultUrl: keyVault.url,
      constantContact,
      appEnvironment,
      broken: Promise.race([
        azurite.ended.then(() => 'Azurite'),
        host.exited.then(() => 'the Functions host'),
      ]),
      stop: closers.close,
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}
