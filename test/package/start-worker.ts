// Starts the worker process with an app, and asks it over HTTP, with nothing of the host around it that has to start as well.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientBinding } from '../emulators/functions-host/durable/client-binding';
import { makeHostClock } from '../emulators/functions-host/clock';
import { makeFunctionTable } from '../emulators/functions-host/function-table';
import { makeHttpInvoke } from '../emulators/functions-host/http-invoke';
import type { LoadedFunction } from '../emulators/functions-host/protocol';
import { makeRoutes } from '../emulators/functions-host/routes';
import { makeWorker } from '../emulators/functions-host/worker-process';

export interface FirstAnswer {
  readonly functions: readonly LoadedFunction[];
  readonly status: number;
  readonly body: string;
  /** From the start of the process until the answer was there. */
  readonly milliseconds: number;
}

/**
 * @param path of a function that needs no storage, with the route prefix
 * @throws AppDidNotLoad
 */
export async function firstAnswer(
  appRoot: string,
  env: Readonly<Record<string, string>>,
  path: string,
): Promise<FirstAnswer> {
  const worker = makeWorker({ appRoot, env, functionTimeoutMs: 30_000 }, makeHostClock(), () => undefined);
  const binding = clientBinding({ hub: 'None', key: '', publicUrl: 'http://127.0.0.1', rpcUrl: '' });
  const invoke = makeHttpInvoke(worker, () => binding);
  const server = http.createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const [route] = makeRoutes(makeFunctionTable(worker.app().functions).http, 'api').filter(
      ({ match, methods }) => methods.includes(incoming.method ?? '') && match(url.pathname),
    );
    if (route) void invoke({ target: route.target, params: {}, url, headers: {}, incoming, outgoing });
    else outgoing.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const started = performance.now();
    const { functions } = await worker.start();
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    const body = await answer.text();
    return { functions, status: answer.status, body, milliseconds: performance.now() - started };
  } finally {
    await worker.stop();
    await new Promise((resolve) => server.close(resolve));
  }
}
