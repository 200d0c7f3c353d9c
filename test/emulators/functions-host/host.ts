// Puts the host together: ports, worker, storage, orchestrations, activities, timers, HTTP; and takes it apart again.
import { makeAdminApi } from './admin-api';
import { makeHostClock, type HostClock } from './clock';
import { makeActivities } from './durable/activities';
import { makeActivityCall, makeOrchestratorCall } from './durable/calls';
import { clientBinding, type Addresses } from './durable/client-binding';
import { makeInstances } from './durable/instances';
import { makeLargeValues } from './durable/large-values';
import { makeManagementApi } from './durable/management-api';
import { makeOrchestrations } from './durable/orchestrations';
import { openTaskHub, type TaskHub } from './durable/storage';
import { makeWorkQueue } from './durable/work-queue';
import { makeFaults } from './faults';
import { makeFunctionTable, type FunctionTable } from './function-table';
import { readHostConfig, type HostConfig } from './host-config';
import type { HostConfiguration } from './host-messages';
import { makeHttpInvoke, makeKey } from './http-invoke';
import { close, listen, makePublicHandler, makeRpcHandler, notYet, type Handler } from './http-server';
import { makeLog, type Log } from './log-lines';
import { makeRoutes } from './routes';
import { makeTimers } from './timers';
import { makeWorker, type Worker } from './worker-process';

export interface Host {
  readonly url: string;
  readonly key: string;
  /** Waits so long for activities that run. What is not done then is left to the next host. */
  stop(drainMs: number): Promise<void>;
}

/** @throws AppDidNotLoad, or what is wrong with host.json, the functions, the port or the storage */
export async function startHost(configuration: HostConfiguration): Promise<Host> {
  const { appRoot, env } = configuration;
  const clock = makeHostClock();
  clock.move(configuration.clockOffsetMs ?? 0);
  const log = makeLog(clock.timestamp, (line) => process.stdout.write(line));
  const config = readHostConfig(appRoot, env, configuration);

  // The ports are known before the worker starts, as in Azure: WEBSITE_HOSTNAME tells the app.
  const handlers: Record<'open' | 'rpc', Handler> = { open: notYet, rpc: notYet };
  const onError = (error: unknown) =>
    log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const open = await listen((...both) => handlers.open(...both), configuration.port ?? 0, onError);
  const rpc = await listen((...both) => handlers.rpc(...both), 0, onError);
  const addresses: Addresses = {
    hub: config.hubName,
    key: makeKey(),
    publicUrl: `http://127.0.0.1:${open.port}`,
    rpcUrl: `http://127.0.0.1:${rpc.port}/durabletask/`,
  };

  const worker = makeWorker(
    {
      appRoot,
      env: workerEnvironment(configuration, `127.0.0.1:${open.port}`),
      functionTimeoutMs: config.functionTimeoutMs,
    },
    clock,
    log,
  );
  const [app, hub] = await Promise.all([worker.start(), openTaskHub(configuration.storage, config.hubName)]);
  const table = makeFunctionTable(app.functions);
  const parts = assemble({ configuration, config, clock, log, worker, hub, table, addresses });
  handlers.open = parts.openHandler;
  handlers.rpc = parts.rpcHandler;
  await parts.start();
  log('information', `ready on ${addresses.publicUrl} with ${app.functions.length} functions`);

  return {
    url: addresses.publicUrl,
    key: addresses.key,
    async stop(drainMs) {
      await Promise.all([close(open.server), parts.stop(drainMs)]);
      await worker.stop();
      await close(rpc.server);
    },
  };
}

interface Given {
  readonly configuration: HostConfiguration;
  readonly config: HostConfig;
  readonly clock: HostClock;
  readonly log: Log;
  readonly worker: Worker;
  readonly hub: TaskHub;
  readonly table: FunctionTable;
  readonly addresses: Addresses;
}

function assemble({ configuration, config, clock, log, worker, hub, table, addresses }: Given) {
  const values = makeLargeValues(hub.largeMessages);
  const instances = makeInstances(hub, values);
  const faults = makeFaults();
  faults.add(configuration.faults ?? []);
  const binding = () => clientBinding(addresses);

  const activities = makeActivities({
    queue: makeWorkQueue(hub.workItems, values, config.workItemVisibilityMs),
    log,
    faults,
    atMost: config.maxConcurrentActivityFunctions,
    renewMs: Math.max(300, config.workItemVisibilityMs / 3),
    timestamp: clock.timestamp,
    call: makeActivityCall(worker, table),
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
    call: makeOrchestratorCall(worker, table),
    schedule: (items) => activities.schedule(items),
  });
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
  const management = makeManagementApi({ hub, instances, values, orchestrations, clock, addresses });

  return {
    openHandler: makePublicHandler({
      routes: makeRoutes(table.http, config.routePrefix),
      invoke: makeHttpInvoke(worker, binding),
      management,
      admin: makeAdminApi({ clock, faults, instances, orchestrations, worker, timers }),
      key: addresses.key,
      tenantId: configuration.tenantId ?? defaultTenantId,
    }),
    rpcHandler: makeRpcHandler(management),
    async start() {
      activities.start();
      await orchestrations.start();
      await timers.start();
    },
    async stop(drainMs: number) {
      await Promise.all([timers.stop(), activities.stop(drainMs)]);
      await orchestrations.stop();
    },
  };
}

const defaultTenantId = '00000000-0000-4000-8000-000000000001';

/** The app's settings, what the real host adds to them, and of this machine no more than a process needs. */
function workerEnvironment({ appRoot, env, storage }: HostConfiguration, hostname: string) {
  const own = Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot', 'TEMP', 'TMP', 'NODE_COMPILE_CACHE'].flatMap((name) => {
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
