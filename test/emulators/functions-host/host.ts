// Puts the host together: storage, worker, orchestrations, activities, timers, HTTP; and takes it apart again.
import { makeAdminApi } from './admin-api';
import { makeHostClock } from './clock';
import { makeActivities } from './durable/activities';
import { makeActivityCall, makeOrchestratorCall } from './durable/calls';
import { clientBinding, type Addresses } from './durable/client-binding';
import { makeInstances } from './durable/instances';
import { makeLargeValues } from './durable/large-values';
import { makeManagementApi } from './durable/management-api';
import { makeOrchestrations } from './durable/orchestrations';
import { openTaskHub } from './durable/storage';
import { makeWorkQueue } from './durable/work-queue';
import { makeFaults } from './faults';
import { makeFunctionTable, type FunctionTable } from './function-table';
import { readHostConfig } from './host-config';
import type { HostConfiguration } from './host-messages';
import { makeHttpInvoke, makeKey } from './http-invoke';
import { close, listen, makePublicHandler, makeRpcHandler } from './http-server';
import { makeLog } from './log-lines';
import { makeRoutes, type Route } from './routes';
import { makeTimers } from './timers';
import { makeWorker } from './worker-process';

/** How long a stop waits for what runs. What is not done then is left to the next host. */
const drainMs = 10_000;

export interface Host {
  readonly url: string;
  readonly key: string;
  stop(): Promise<void>;
}

/** @throws AppDidNotLoad, or what is wrong with host.json, the functions, the port or the storage */
export async function startHost(configuration: HostConfiguration): Promise<Host> {
  const { appRoot, storage, tenantId } = configuration;
  const clock = makeHostClock();
  clock.move(configuration.clockOffsetMs ?? 0);
  const log = makeLog(clock.timestamp, (line) => process.stdout.write(line));
  const config = readHostConfig(appRoot, configuration.env, configuration);
  const key = makeKey();
  const addresses: Addresses & { publicUrl: string; rpcUrl: string } = {
    hub: config.hubName,
    key,
    publicUrl: '',
    rpcUrl: '',
  };
  const binding = () => clientBinding(addresses);
  const onError = (error: unknown) =>
    log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));

  let table: FunctionTable = makeFunctionTable([]);
  let routes: readonly Route[] = [];

  const hub = await openTaskHub(storage, config.hubName);
  const values = makeLargeValues(hub.largeMessages);
  const instances = makeInstances(hub, values);
  const faults = makeFaults();
  faults.add(configuration.faults ?? []);

  // The port is known before the worker starts, as in Azure: WEBSITE_HOSTNAME tells it.
  const publicHandler = makePublicHandler({
    routes: () => routes,
    invoke: (call) => invokeHttp(call),
    management: (path, request) => management(path, request),
    admin: (path, request) => admin(path, request),
    key,
    tenantId: tenantId ?? defaultTenantId,
  });
  const open = await listen(publicHandler, configuration.port ?? 0, onError);
  const rpc = await listen(
    makeRpcHandler((path, request) => management(path, request)),
    0,
    onError,
  );
  addresses.publicUrl = `http://127.0.0.1:${open.port}`;
  addresses.rpcUrl = `http://127.0.0.1:${rpc.port}/durabletask/`;

  const env = workerEnvironment(configuration, `127.0.0.1:${open.port}`);
  const worker = makeWorker({ appRoot, env, functionTimeoutMs: config.functionTimeoutMs }, clock, log);
  const invokeHttp = makeHttpInvoke(worker, binding);

  const activities = makeActivities({
    queue: makeWorkQueue(hub.workItems, values, config.workItemVisibilityMs),
    log,
    faults,
    atMost: config.maxConcurrentActivityFunctions,
    renewMs: Math.max(300, config.workItemVisibilityMs / 3),
    timestamp: clock.timestamp,
    call: (item) => makeActivityCall(worker, table)(item),
    tell: (item, event) => orchestrations.tell(item, event, item.executionId),
    killWorker: () => worker.kill(),
    crash: () => process.kill(process.pid, 'SIGKILL'),
  });
  const orchestrations = makeOrchestrations({
    hub,
    instances,
    values,
    clock,
    log,
    functions: {
      isActivity: (name) => table.activity(name) !== undefined,
      isOrchestrator: (name) => table.orchestrator(name) !== undefined,
    },
    call: (name, payload) => makeOrchestratorCall(worker, table)(name, payload),
    schedule: (items) => activities.schedule(items),
  });
  const management = makeManagementApi({
    hub,
    instances,
    values,
    orchestrations,
    clock,
    addresses: () => addresses,
  });
  const admin = makeAdminApi({ clock, faults, instances, orchestrations, worker, timers: () => timers });

  const app = await worker.start();
  table = makeFunctionTable(app.functions);
  const timers = makeTimers(
    {
      locks: hub.locks,
      hub: config.hubName,
      env: configuration.env,
      clock,
      log,
      worker,
      clientBinding: binding,
    },
    table,
  );
  routes = makeRoutes(table.http, config.routePrefix);
  activities.start();
  await orchestrations.start();
  timers.start();
  log('information', `ready on ${addresses.publicUrl} with ${app.functions.length} functions`);

  return {
    url: addresses.publicUrl,
    key,
    async stop() {
      await Promise.all([close(open.server), timers.stop(), activities.stop(drainMs)]);
      await orchestrations.stop();
      await worker.stop();
      await close(rpc.server);
    },
  };
}

const defaultTenantId = '00000000-0000-4000-8000-000000000001';

/** The app's settings, what the real host adds to them, and of this machine no more than a process needs. */
function workerEnvironment({ appRoot, env, storage }: HostConfiguration, hostname: string) {
  const own = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    ...own,
    TZ: 'UTC',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    FUNCTIONS_WORKER_RUNTIME: 'node',
    FUNCTIONS_EXTENSION_VERSION: '~4',
    AzureWebJobsScriptRoot: appRoot,
    AzureWebJobsStorage: storage,
    WEBSITE_HOSTNAME: hostname,
    WEBSITE_AUTH_ENABLED: 'true',
    ...env,
  };
}
