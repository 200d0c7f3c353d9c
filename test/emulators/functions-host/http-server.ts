// The host's HTTP server, on loopback: the app's functions, Durable's API (with the key), and the host's own.
import { timingSafeEqual } from 'node:crypto';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { HttpCall } from './http-invoke';
import { flatHeaders, type Reply, type Request } from './http-types';
import { refusal, roleHeader, roles, signIn } from './local-auth';
import type { Route } from './routes';

export interface HttpDeps {
  readonly routes: readonly Route[];
  invoke(call: HttpCall): Promise<void>;
  /** Durable's API; the path begins behind `/durabletask/`. */
  management(path: string, request: Request): Promise<Reply>;
  /** The path begins behind `/admin/`. */
  admin(path: string, request: Request): Promise<Reply>;
  readonly key: string;
  readonly tenantId: string;
}

const reply = (outgoing: ServerResponse, { status, headers = {}, body = '' }: Reply) => {
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
};

const hasKey = (url: URL, headers: Readonly<Record<string, string>>, key: string) => {
  const given = Buffer.from(headers['x-functions-key'] ?? url.searchParams.get('code') ?? '');
  return given.length === key.length && timingSafeEqual(given, Buffer.from(key));
};

const readWhole = async (incoming: IncomingMessage, url: URL): Promise<Request> => ({
  method: incoming.method ?? 'GET',
  url: url.href,
  query: url.searchParams,
  headers: flatHeaders(incoming.headers),
  body: await buffer(incoming),
});

const adminApi = '/admin/';
const webhooks = '/runtime/webhooks/durabletask/';
const rpc = '/durabletask/';

const answerFor = (deps: HttpDeps, incoming: IncomingMessage, url: URL) => {
  const request = () => readWhole(incoming, url);
  if (url.pathname.startsWith(adminApi))
    return async () => deps.admin(url.pathname.slice(adminApi.length), await request());
  if (!url.pathname.startsWith(webhooks)) return undefined;
  if (!hasKey(url, flatHeaders(incoming.headers), deps.key)) return () => Promise.resolve({ status: 401 });
  return async () => deps.management(url.pathname.slice(webhooks.length), await request());
};

/** The function that the request is for, or why it is not called. */
function find(
  deps: HttpDeps,
  incoming: IncomingMessage,
  url: URL,
): Pick<HttpCall, 'target' | 'params' | 'headers'> | Reply {
  const headers = flatHeaders(incoming.headers);
  for (const { match, methods, authLevel, target } of deps.routes) {
    const params = methods.includes(incoming.method ?? '') ? match(url.pathname) : undefined;
    if (!params) continue;
    if (authLevel !== 'anonymous' && !hasKey(url, headers, deps.key)) return { status: 401 };
    const signed = signIn(headers, deps.tenantId);
    return signed
      ? { target, params, headers: signed }
      : { status: 400, body: `${roleHeader}: ${roles.join(', ')} or none` };
  }
  return { status: 404 };
}

export function makePublicHandler(deps: HttpDeps): Handler {
  return async (incoming, outgoing) => {
    const headers = flatHeaders(incoming.headers);
    const refused = refusal(headers);
    if (refused !== undefined) {
      reply(outgoing, { status: 403, headers: { 'content-type': 'text/plain' }, body: refused });
      return;
    }
    const url = new URL(incoming.url ?? '/', `http://${headers['host'] ?? ''}`);
    const answer = answerFor(deps, incoming, url);
    if (answer) {
      reply(outgoing, await answer());
      return;
    }
    const found = find(deps, incoming, url);
    if ('status' in found) reply(outgoing, found);
    else await deps.invoke({ ...found, url, incoming, outgoing });
  };
}

/** What the worker's Durable client calls: the same API, without a key, on a port of its own. */
export function makeRpcHandler(management: HttpDeps['management']): Handler {
  const answer = async (incoming: IncomingMessage): Promise<Reply> => {
    const headers = flatHeaders(incoming.headers);
    const url = new URL(incoming.url ?? '/', `http://${headers['host'] ?? ''}`);
    // A browser sends an Origin with everything that could do harm here.
    if (refusal(headers) !== undefined || headers['origin'] !== undefined) return { status: 403 };
    if (!url.pathname.startsWith(rpc)) return { status: 404 };
    return management(url.pathname.slice(rpc.length), await readWhole(incoming, url));
  };
  return async (incoming, outgoing) => reply(outgoing, await answer(incoming));
}

export type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** Before the app is loaded. */
export const notYet: Handler = (_incoming, outgoing) => {
  reply(outgoing, { status: 503, headers: { 'retry-after': '1' } });
  return Promise.resolve();
};

/** Listens on 127.0.0.1. What a handler throws becomes a 500. */
export async function listen(
  handler: Handler,
  port: number,
  onError: (error: unknown) => void,
): Promise<{ server: Server; port: number }> {
  const server = http.createServer((incoming, outgoing) => {
    handler(incoming, outgoing).catch((error: unknown) => {
      onError(error);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500, { 'content-length': 0 }).end();
    });
  });
  // Kept connections of a client must not be closed just as it writes its next request.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
