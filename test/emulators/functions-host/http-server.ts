// The host's HTTP server, on loopback: the app's functions, Durable's API (with the key), and the host's own.
import { timingSafeEqual } from 'node:crypto';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { HttpCall } from './http-invoke';
import { flatHeaders, type Reply, type Request } from './http-types';
import { refusal, signIn } from './local-auth';
import type { Route } from './routes';

export interface HttpDeps {
  /** Once the app is loaded. */
  routes(): readonly Route[];
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

const webhooks = '/runtime/webhooks/durabletask/';

export function makePublicHandler(deps: HttpDeps) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const headers = flatHeaders(incoming.headers);
    const refused = refusal(headers);
    if (refused !== undefined)
      return reply(outgoing, { status: 403, headers: { 'content-type': 'text/plain' }, body: refused });
    const url = new URL(incoming.url ?? '/', `http://${headers['host'] ?? ''}`);
    if (url.pathname.startsWith('/admin/'))
      return reply(outgoing, await deps.admin(url.pathname.slice('/admin/'.length), await readWhole(incoming, url)));
    if (url.pathname.startsWith(webhooks)) {
      if (!hasKey(url, headers, deps.key)) return reply(outgoing, { status: 401 });
      return reply(
        outgoing,
        await deps.management(url.pathname.slice(webhooks.length), await readWhole(incoming, url)),
      );
    }
    for (const route of deps.routes()) {
      if (!route.methods.includes(incoming.method ?? '')) continue;
      const params = route.match(url.pathname);
      if (!params) continue;
      if (route.authLevel !== 'anonymous' && !hasKey(url, headers, deps.key)) return reply(outgoing, { status: 401 });
      const signed = signIn(headers, deps.tenantId);
      if (!signed) return reply(outgoing, { status: 400, body: 'x-local-role: Administrator, Contributor, Viewer or none' });
      return deps.invoke({ target: route.target, params, url, headers: signed, incoming, outgoing });
    }
    reply(outgoing, { status: 404 });
  };
}

/** What the worker's Durable client calls: the same API, without a key, on a port of its own. */
export function makeRpcHandler(management: HttpDeps['management']) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const headers = flatHeaders(incoming.headers);
    const url = new URL(incoming.url ?? '/', `http://${headers['host'] ?? ''}`);
    // A browser sends an Origin with everything that could do harm here.
    if (refusal(headers) !== undefined || headers['origin'] !== undefined) return reply(outgoing, { status: 403 });
    if (!url.pathname.startsWith('/durabletask/')) return reply(outgoing, { status: 404 });
    reply(
      outgoing,
      await management(url.pathname.slice('/durabletask/'.length), await readWhole(incoming, url)),
    );
  };
}

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

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
