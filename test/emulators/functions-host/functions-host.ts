// Starts the local Azure Functions host, an emulator for local runs and tests, as a process of its own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { signalAtExit } from '../../support/at-exit';
import { projectRoot } from '../../support/project-root';
import type { HistoryDump } from './durable/history';
import type { Fault } from './faults';
import type { FromHost, HostConfiguration, ToHost } from './host-messages';

export interface FunctionsHostOptions {
  /** The folder with the app's package.json and host.json. */
  readonly appRoot: string;
  /** 0 or absent: a free one. Loopback only. */
  readonly port?: number;
  /** Connection string of the storage account that keeps history, instances and work. */
  readonly storage: string;
  /** The app's settings. The worker gets these, AzureWebJobsStorage, and little else. */
  readonly env: Readonly<Record<string, string>>;
  /** Name of the task hub, instead of host.json's: keeps apart what shares a storage account. Letters and digits. */
  readonly hub?: string;
  /** How long an activity whose host died stays invisible, instead of host.json's. Whole seconds, in milliseconds. */
  readonly workItemVisibilityMs?: number;
  /** Gets every line that the host and the app write. */
  readonly onLog?: (line: string) => void;
  /** The tenant of the local principal. */
  readonly tenantId?: string;
  readonly clockOffsetMs?: number;
  readonly faults?: readonly Fault[];
}

export interface HostExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface FunctionsHost {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Of functions with `authLevel: 'function'`, and of Durable's management API. */
  readonly key: string;
  readonly pid: number;
  readonly exited: Promise<HostExit>;
  workerPid(): Promise<number>;
  /** Waits for running activities, ten seconds at most. */
  stop(): Promise<void>;
  /** kill -9 of the host, with which its worker ends. */
  kill(): void;
  /** Moves the clock of host and app: real time plus `offsetMs`. */
  setClock(offsetMs: number): Promise<void>;
  addFaults(...faults: readonly Fault[]): Promise<void>;
  clearFaults(): Promise<void>;
  /** How often each activity has been executed on this host. */
  executions(): Promise<Readonly<Record<string, number>>>;
  /** Calls a timer function now. */
  fireTimer(name: string): Promise<void>;
  instanceIds(): Promise<readonly string[]>;
  history(instanceId: string): Promise<HistoryDump>;
}

/** The app did not start; the message says why, in the words of the app or the host. */
export class FunctionsHostDidNotStart extends Error {
  readonly code = 'functions-host-did-not-start';
}

/** Starting costs half as much when the storage clients do not have to be compiled anew. */
const compileCache = () => path.join(projectRoot(), 'node_modules/.cache/functions-host');

/** The compiled host, whether this runs compiled or as a source file under test. */
function entry(): string {
  const beside = path.join(__dirname, 'host-main.js');
  if (existsSync(beside)) return beside;
  const root = projectRoot();
  const compiled = path.join(root, 'dist', path.relative(root, beside));
  if (!existsSync(compiled))
    throw new FunctionsHostDidNotStart(`${compiled} is missing: build the project first`);
  return compiled;
}

/** @throws {FunctionsHostDidNotStart} */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { onLog, ...configuration } = options;
  const child = fork(entry(), [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C reaches the parent, which ends things in the right order.
    detached: true,
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache() },
  });
  // Its worker is in its group.
  signalAtExit(child, 'SIGKILL');
  const said: string[] = [];
  const line = (text: string) => {
    said.push(text);
    if (said.length > 20) said.shift();
    onLog?.(text);
  };
  createInterface({ input: child.stdout! }).on('line', line);
  createInterface({ input: child.stderr! }).on('line', line);
  const exited = new Promise<HostExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const tell = (message: ToHost) => void child.send(message, () => undefined);

  const { url, key } = await new Promise<Extract<FromHost, { type: 'ready' }>>((resolve, reject) => {
    child.on('message', (message: FromHost) => {
      if (message.type === 'ready') resolve(message);
      else void exited.then(() => reject(new FunctionsHostDidNotStart(message.message)));
    });
    child.once('error', (cause) =>
      reject(new FunctionsHostDidNotStart('the host could not be started', { cause })),
    );
    void once(child, 'close').then(() => reject(new FunctionsHostDidNotStart(said.join('\n'))));
    tell({ type: 'start', configuration: configuration satisfies HostConfiguration });
  });

  const admin = async (method: string, route: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/admin/${route}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} /admin/${route}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  };

  const command = async (method: string, route: string, body?: object): Promise<void> => {
    await admin(method, route, body);
  };

  return {
    url,
    key,
    pid: child.pid!,
    exited,
    workerPid: async () => ((await admin('GET', 'emulator/worker')) as { pid: number }).pid,
    async stop() {
      if (child.connected) tell({ type: 'stop' });
      await exited;
    },
    kill: () => void child.kill('SIGKILL'),
    setClock: (offsetMilliseconds) => command('POST', 'emulator/clock', { offsetMilliseconds }),
    addFaults: (...faults) => command('POST', 'emulator/faults', { faults }),
    clearFaults: () => command('DELETE', 'emulator/faults'),
    executions: async () => (await admin('GET', 'emulator/faults')) as Record<string, number>,
    fireTimer: (name) => command('POST', `functions/${encodeURIComponent(name)}`),
    instanceIds: async () => (await admin('GET', 'emulator/instances')) as string[],
    history: async (instanceId) =>
      (await admin('GET', `emulator/instances/${encodeURIComponent(instanceId)}/history`)) as HistoryDump,
  };
}
