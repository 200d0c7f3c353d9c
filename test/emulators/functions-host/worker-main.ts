// The worker process: loads the app, and calls its functions through their programming model. Nothing but the app and this is in it.
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import type { FromWorker, Invocation, ToWorker } from './protocol';
import { installWorkerClock } from './worker-clock';
import { provideCoreApi, type CoreContext } from './worker-core-api';

const tell = (message: FromWorker) => process.send?.(message);
const setClock = installWorkerClock();
const registry = provideCoreApi((level, message) => tell({ type: 'log', level, message }));

/** package.json's `main`: a file, or a pattern of files. */
const entryFiles = (appRoot: string): string[] => {
  const { main } = JSON.parse(readFileSync(path.join(appRoot, 'package.json'), 'utf8')) as { main?: string };
  if (!main) throw new Error(`package.json in ${appRoot} names no "main"`);
  const files = /[*?{[]/.test(main) ? globSync(main, { cwd: appRoot }).sort() : [main];
  if (files.length === 0) throw new Error(`no file matches "main" (${main}) in ${appRoot}`);
  return files.map((file) => path.resolve(appRoot, file));
};

const runHooks = async (name: string, context: object) => {
  for (const hook of registry.hooks(name)) await hook(context);
};
const appHookData = {};

async function load(appRoot: string) {
  process.chdir(appRoot);
  const load = createRequire(path.join(appRoot, 'package.json'));
  for (const file of entryFiles(appRoot)) load(file);
  const model = registry.model();
  if (!model)
    throw new Error('no functions were registered: does "main" register them with @azure/functions?');
  await runHooks('appStart', { hookData: {}, appHookData, functionAppDirectory: appRoot });
  const { HttpUri: httpUri } = await model.getCapabilities({});
  const functions = [...registry.functions.values()].map(({ metadata }) => metadata);
  tell({ type: 'loaded', functions, ...(httpUri === undefined ? {} : { httpUri }) });
}

async function invoke(invocation: Invocation) {
  const { invocationId, functionName } = invocation;
  const { metadata, handler } = registry.functions.get(functionName)!;
  const core: CoreContext = {
    invocationId,
    request: {
      ...invocation,
      functionId: functionName,
      retryContext: null,
      traceContext: { attributes: {}, traceParent: '', traceState: '' },
    },
    metadata,
    state: undefined,
    log: (level, _category, message) => tell({ type: 'log', level, message, functionName, invocationId }),
  };
  const model = registry.model()!.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const hooked = {
    hookData: {},
    appHookData,
    invocationContext: context,
    functionCallback: handler,
    inputs,
    result: undefined as unknown,
    error: undefined as unknown,
  };
  core.state = 'preInvocationHooks';
  await runHooks('preInvocation', hooked);
  core.state = 'invocation';
  try {
    hooked.result = await model.invokeFunction(context, hooked.inputs, hooked.functionCallback);
  } catch (error) {
    hooked.error = error;
  }
  core.state = 'postInvocationHooks';
  await runHooks('postInvocation', hooked);
  // Whatever it is: an app may throw anything.
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  if (hooked.error !== undefined) throw hooked.error;
  tell({ type: 'returned', invocationId, response: await model.getResponse(context, hooked.result) });
}

const said = (error: unknown) =>
  error instanceof Error
    ? { message: error.message, stack: error.stack ?? '' }
    : { message: String(error), stack: '' };

process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'load':
      setClock(message.clockOffsetMs);
      load(message.appRoot).catch((error: unknown) =>
        tell({ type: 'load-failed', message: said(error).stack || said(error).message }),
      );
      break;
    case 'invoke': {
      const { invocationId } = message.invocation;
      invoke(message.invocation).catch((error: unknown) =>
        tell({ type: 'threw', invocationId, ...said(error) }),
      );
      break;
    }
    case 'clock':
      setClock(message.offsetMs);
      break;
    case 'terminate':
      void runHooks('appTerminate', { hookData: {}, appHookData }).finally(() => process.exit(0));
      break;
  }
});

// The host is gone, however it went: what runs here has nobody to report to.
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole group; the host says when it is time.
process.on('SIGINT', () => undefined);
process.on('uncaughtException', (error) => {
  tell({
    type: 'log',
    level: 'error',
    message: `Worker uncaught exception: ${error.stack ?? error.message}`,
  });
  process.exit(1);
});
process.on('unhandledRejection', (reason) => {
  tell({ type: 'log', level: 'error', message: `Worker unhandled rejection: ${said(reason).stack}` });
});

// `@azure/functions` takes streamed HTTP requests on a port of its own, on every interface: here it is loopback only.
const listen = net.Server.prototype.listen as (this: net.Server, ...args: unknown[]) => net.Server;
net.Server.prototype.listen = function (this: net.Server, ...args: unknown[]) {
  if (typeof args[0] === 'function') return listen.call(this, { port: 0, host: '127.0.0.1' }, ...args);
  if (typeof args[0] === 'number' && typeof args[1] !== 'string')
    return listen.call(this, { port: args[0], host: '127.0.0.1' }, ...args.slice(1));
  return listen.call(this, ...args);
} as typeof net.Server.prototype.listen;
