// Calls an HTTP function: the request in the worker's protocol (or streamed to it, when the app has asked for that), and its answer.
import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { buffer } from 'node:stream/consumers';
import type { Triggered } from './function-table';
import type { HttpCookie, HttpData, Nullable, TypedData } from './protocol';
import type { Worker } from './worker-process';

export interface HttpCall {
  readonly target: Triggered;
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  /** With the principal. */
  readonly headers: Readonly<Record<string, string>>;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

const nullable = (record: Readonly<Record<string, string>>): Record<string, Nullable> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, { value }]));

/** A repeated parameter's values in one, as the real host hands them over. */
const queryOf = (url: URL) => {
  const query: Record<string, string> = {};
  for (const key of new Set(url.searchParams.keys())) query[key] = url.searchParams.getAll(key).join(',');
  return query;
};

/** By the names of the protocol, where `none` says that nothing was said. */
const sameSites: Readonly<Record<string, string>> = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' };

const cookieText = ({ name, value, path, domain, expires, maxAge, secure, httpOnly, sameSite }: HttpCookie) =>
  [
    `${name}=${value}`,
    domain && `Domain=${domain.value}`,
    path && `Path=${path.value}`,
    expires && `Expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
    maxAge && `Max-Age=${maxAge.value}`,
    secure?.value && 'Secure',
    httpOnly?.value && 'HttpOnly',
    sameSite !== undefined && sameSites[sameSite] && `SameSite=${sameSites[sameSite]}`,
  ]
    .filter(Boolean)
    .join('; ');

const bytesOf = (data: TypedData | null | undefined): Uint8Array => {
  if (!data) return new Uint8Array();
  return data.bytes ?? Buffer.from(data.string ?? data.json ?? '');
};

function write(outgoing: ServerResponse, data: HttpData | undefined) {
  if (!data) {
    outgoing.writeHead(204).end();
    return;
  }
  outgoing.statusCode = Number(data.statusCode ?? 200);
  for (const [name, value] of Object.entries(data.headers ?? {})) outgoing.setHeader(name, value);
  if (data.cookies && data.cookies.length > 0) outgoing.setHeader('set-cookie', data.cookies.map(cookieText));
  outgoing.end(bytesOf(data.body));
}

export function makeHttpInvoke(worker: Worker, clientBinding: () => object) {
  const inputs = (call: HttpCall, trigger: TypedData) => [
    { name: call.target.bindingName, data: trigger },
    ...call.target.clientBindings.map((name) => ({
      name,
      data: { string: JSON.stringify(clientBinding()) },
    })),
  ];

  const whole = async (call: HttpCall) => {
    const body = await buffer(call.incoming);
    const request: HttpData = {
      method: call.incoming.method ?? 'GET',
      url: call.url.href,
      headers: {},
      nullableHeaders: nullable(call.headers),
      nullableParams: nullable(call.params),
      nullableQuery: nullable(queryOf(call.url)),
      body: body.length > 0 ? { bytes: body } : null,
    };
    const { returnValue } = await worker.invoke({
      functionName: call.target.name,
      inputData: inputs(call, { http: request }),
      triggerMetadata: {},
    });
    write(call.outgoing, returnValue?.http);
  };

  /** The worker gets the request and gives the answer over HTTP; the invocation says which belong together. */
  const streamed = async (call: HttpCall, httpUri: string) => {
    const { host, ...headers } = call.headers;
    const triggerMetadata: Record<string, TypedData> = { Headers: { json: JSON.stringify(call.headers) } };
    for (const [key, value] of Object.entries(call.params)) triggerMetadata[key] = { string: value };
    const carry = (invocationId: string) => {
      const request = http.request({
        host: '127.0.0.1',
        port: new URL(httpUri).port,
        method: call.incoming.method,
        path: call.incoming.url,
        headers: {
          ...headers,
          'x-ms-invocation-id': invocationId,
          'x-forwarded-host': host,
          'x-forwarded-proto': 'http',
        },
      });
      request.on('response', (response) => {
        const given = Object.entries(response.headers).filter(([name]) => name !== 'x-ms-invocation-id');
        call.outgoing.writeHead(response.statusCode ?? 500, Object.fromEntries(given));
        void pipeline(response, call.outgoing).catch(() => call.outgoing.destroy());
      });
      // The invocation fails as well, and answers.
      request.on('error', () => undefined);
      void pipeline(call.incoming, request).catch(() => request.destroy());
    };
    await worker.invoke(
      { functionName: call.target.name, inputData: inputs(call, { http: {} }), triggerMetadata },
      carry,
    );
  };

  return async (call: HttpCall): Promise<void> => {
    const { httpUri } = worker.app();
    try {
      await (httpUri === undefined ? whole(call) : streamed(call, httpUri));
    } catch {
      // The log has it. As with the real host, the caller gets no word of why.
      if (call.outgoing.headersSent) call.outgoing.destroy();
      else call.outgoing.writeHead(500, { 'content-length': 0 }).end();
    }
  };
}

/** A key that nobody can guess, made anew at each start. */
export const makeKey = () => randomUUID().replaceAll('-', '');
