// A request and an answer of the host's own APIs, read whole.
import type { IncomingHttpHeaders } from 'node:http';

export interface Request {
  readonly method: string;
  /** Whole, with scheme and host. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** Names in lower case; of a repeated header, all values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

export const flatHeaders = (headers: IncomingHttpHeaders): Record<string, string> => {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
};
