// One HTTP request, read to its end, and its answer: what handlers work with instead of Node's streams.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** At most `longestBody` bytes of it. */
  readonly body: Buffer;
  /** All bytes of the body that arrived. */
  readonly bodyBytes: number;
  /** When its first bytes arrived, in milliseconds since 1970. */
  readonly at: number;
}

/** Far above any limit of what is emulated, so that what is over them can be seen; memory stays bounded. */
const longestBody = 32_000_000;

export async function readCall(request: IncomingMessage, at: number): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const chunks: Buffer[] = [];
  let bodyBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (bodyBytes < longestBody) chunks.push(chunk);
    bodyBytes += chunk.length;
  }
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
    bodyBytes,
    at,
  };
}

/** Parameters in a form body, or in the query string. */
export function formOf(call: Call): URLSearchParams {
  const form = new URLSearchParams(call.query);
  for (const [name, value] of new URLSearchParams(call.body.toString('utf8'))) form.set(name, value);
  return form;
}

/** The body as JSON; `undefined` when it is none. */
export function jsonOf(call: Call): unknown {
  try {
    return JSON.parse(call.body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** `headers` come first: those of the answer override them. */
export function send(
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
): void {
  const text =
    answer.body === undefined
      ? ''
      : typeof answer.body === 'string'
        ? answer.body
        : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
    ...answer.headers,
  });
  response.end(text);
}
