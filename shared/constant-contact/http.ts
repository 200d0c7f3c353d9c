// One call over HTTP, for the API and for the token endpoint: in time, of bounded size, never redirected, checked and logged.
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { errorFrom, requestIdOf } from './error-from';
import {
  ConstantContactError,
  ContentBrokenOff,
  UnexpectedAnswer,
  Unreachable,
  type CallFacts,
} from './errors';

/** 500 jobs are about 350 kB; the rest is room for jobs that list what went wrong row by row. */
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;

/** The connection never stood, so nothing was sent. Whatever is not named here may have got there. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** The path for logs and errors: a template without ids, query and cursor. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | StreamedBody;
}

/** Is read once: each call needs one of its own. */
export interface StreamedBody {
  readonly bytes: number;
  readonly content: Readable;
}

/** Makes the call. @throws {ConstantContactError} for everything but an answer of the schema's shape. */
export type Send = <T>(call: Call, schema: z.ZodType<T>) => Promise<T>;

export interface SendDeps {
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The length is named, as Constant Contact's gateway may not take a body in chunks. */
function sent(headers: Call['headers'], body: Call['body']): RequestInit {
  if (body === undefined) return { headers };
  if (typeof body === 'string') return { headers, body };
  return {
    headers: { ...headers, 'content-length': String(body.bytes) },
    body: ReadableStream.from(body.content),
    duplex: 'half',
  };
}

export function makeSend({ fetch, timeoutMs, clock, log }: SendDeps): Send {
  /** @throws {Unreachable} for what the network does. */
  async function answerTo({ method, url, path, headers, body }: Call): Promise<Response> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      return await fetch(url, {
        method,
        ...sent(headers, body),
        redirect: 'manual',
        signal,
      });
    } catch (error) {
      const facts = { method, path, outcomeUnknown: method === 'POST' && !neverSent(error) };
      // What fails on this side is no fault of Constant Contact's.
      if (typeof body === 'object' && body.content.errored)
        throw new ContentBrokenOff(facts, body.content.errored);
      throw unreachable(error, facts);
    }
  }

  async function result<T>(call: Call, schema: z.ZodType<T>, seen: (response: Response) => void): Promise<T> {
    const { method, path } = call;
    const response = await answerTo(call);
    seen(response);
    const { status, headers } = response;
    const facts = {
      method,
      path,
      status,
      requestId: requestIdOf(headers),
      outcomeUnknown: method === 'POST',
    };
    const body = await contentOf(response).catch((error: unknown) => {
      // The status of a failure says enough without its text.
      if (!response.ok) return undefined;
      throw unreachable(error, facts);
    });
    const json = parsed(body);
    if (!response.ok) throw errorFrom({ method, path, status, headers }, json, clock.now());
    if (body === undefined) throw new UnexpectedAnswer(facts, 'is too long');
    // The reason is left out: a syntax error quotes the text.
    if (json === undefined) throw new UnexpectedAnswer(facts, 'is not JSON');
    const value = schema.safeParse(json);
    if (!value.success) throw new UnexpectedAnswer(facts, 'lacks what it should hold', value.error);
    return value.data;
  }

  return async (call, schema) => {
    const { method, path } = call;
    const started = clock.now();
    let facts: Pick<CallFacts, 'status' | 'requestId'> = {};
    try {
      const value = await result(
        call,
        schema,
        ({ status, headers }) => (facts = { status, requestId: requestIdOf(headers) }),
      );
      log.info('constant-contact.called', { method, path, ...facts, milliseconds: clock.now() - started });
      return value;
    } catch (error) {
      const known = error instanceof ConstantContactError ? error : undefined;
      log.warn('constant-contact.call-failed', {
        method,
        path,
        ...facts,
        code: known?.code,
        errorKey: known?.errorKey,
        outcomeUnknown: known?.outcomeUnknown,
        milliseconds: clock.now() - started,
      });
      throw error;
    }
  };
}

/** @returns `undefined` for a text that is too long. */
async function contentOf(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (!response.body) return '';
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    // Leaving the loop cancels the rest.
    if (bytes > LARGEST_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** `fetch` wraps what the network says: the code is in the cause. */
const neverSent = (error: unknown) => NEVER_SENT.has(String(property(property(error, 'cause'), 'code')));

/** Whatever stops a call halfway counts as this, so that no other error leaves the outcome open. */
const unreachable = (error: unknown, facts: CallFacts) =>
  new Unreachable(facts, property(error, 'name') === 'TimeoutError', error);

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
