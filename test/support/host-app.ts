// The local Functions host with the fixture app on an Azurite of the test, and what tests ask of it.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startFunctionsHost,
  type FunctionsHost,
  type FunctionsHostOptions,
} from '../emulators/functions-host/functions-host';
import type { HistoryDump } from '../emulators/functions-host/durable/history';
import { projectRoot } from './project-root';
import { until } from './until';

export const hostAppRoot = join(projectRoot(), 'test/fixtures/host-app');

export interface Status {
  readonly name: string;
  readonly instanceId: string;
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly customStatus: unknown;
  readonly output: unknown;
}

/** What a function got, as the app's hook wrote it down. */
export interface Seen {
  readonly functionName: string;
  readonly inputs: readonly Record<string, unknown>[];
  readonly triggerMetadata?: Record<string, unknown>;
  readonly extra: readonly Record<string, unknown>[];
}

export interface HostApp {
  readonly host: FunctionsHost;
  readonly hub: string;
  readonly lines: readonly string[];
  /** Starts another host on the same hub and storage. */
  another(options?: Partial<FunctionsHostOptions>): Promise<FunctionsHost>;
  /** Starts an orchestration through the app. Returns its id. */
  begin(name: string, input?: unknown, id?: string): Promise<string>;
  status(id: string): Promise<Status>;
  /** Waits for a status. */
  reaches(id: string, runtimeStatus: string): Promise<Status>;
  /** Waits for a final status. */
  ended(id: string): Promise<Status>;
  run(name: string, input?: unknown, id?: string): Promise<Status>;
  /** As the host that is up tells it. */
  history(id: string): Promise<HistoryDump>;
  raise(id: string, event: string, data: unknown): Promise<number>;
  /** Durable's API with the key. */
  durable(method: string, path: string, body?: unknown): Promise<Response>;
  notes(): string[];
  seen(functionName: string): Seen[];
  stop(): Promise<void>;
}

const linesOf = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};

export async function startHostApp(
  storage: string,
  options: Partial<FunctionsHostOptions> = {},
): Promise<HostApp> {
  const folder = mkdtempSync(join(tmpdir(), 'host-app-'));
  const [notes, seen] = [join(folder, 'notes'), join(folder, 'seen')];
  const hub = options.hub ?? `T${randomBytes(6).toString('hex')}`;
  const lines: string[] = [];
  const started: FunctionsHost[] = [];
  const start = async (more: Partial<FunctionsHostOptions> = {}) => {
    const { env, ...rest } = { ...options, ...more };
    const host = await startFunctionsHost({
      appRoot: hostAppRoot,
      storage,
      hub,
      onLog: (line) => lines.push(line),
      ...rest,
      env: { TICK_SCHEDULE: '0 0 5 31 1 *', NOTES: notes, SEEN: seen, ...env },
    });
    started.push(host);
    return host;
  };
  let host: FunctionsHost;
  try {
    host = await start();
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }

  /** The host that is up: tests kill some. */
  const up = () => started.findLast((one) => !gone.has(one)) ?? host;
  const gone = new Set<FunctionsHost>();
  const durable: HostApp['durable'] = (method, path, body) => {
    const { url, key } = up();
    return fetch(`${url}/runtime/webhooks/durabletask/${path}`, {
      method,
      headers: { 'x-functions-key': key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const app: HostApp = {
    host,
    hub,
    lines,
    durable,
    async another(more) {
      const next = await start(more);
      for (const one of started) void one.exited.then(() => gone.add(one));
      return next;
    },
    async begin(name, input, id) {
      const path = `/api/start/${name}${id === undefined ? '' : `?id=${encodeURIComponent(id)}`}`;
      const answer = await fetch(up().url + path, {
        method: 'POST',
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      });
      if (answer.status !== 202) throw new Error(`${path}: ${answer.status}`);
      return ((await answer.json()) as { id: string }).id;
    },
    status: async (id) =>
      (await (await durable('GET', `instances/${encodeURIComponent(id)}`)).json()) as Status,
    reaches: (id, wanted) =>
      until(async () => {
        const status = await app.status(id);
        return status.runtimeStatus === wanted ? status : undefined;
      }),
    ended: (id) =>
      until(async () => {
        const status = await app.status(id);
        return ['Completed', 'Failed', 'Terminated'].includes(status.runtimeStatus) ? status : undefined;
      }),
    run: async (name, input, id) => app.ended(await app.begin(name, input, id)),
    history: (id) => up().history(id),
    raise: async (id, event, data) =>
      (await durable('POST', `instances/${encodeURIComponent(id)}/raiseEvent/${event}`, data)).status,
    notes: () => linesOf(notes),
    seen: (functionName) =>
      linesOf(seen)
        .map((line) => JSON.parse(line) as Seen)
        .filter((one) => one.functionName === functionName),
    async stop() {
      await Promise.all(started.map((one) => one.stop()));
      rmSync(folder, { recursive: true });
    },
  };
  return app;
}
