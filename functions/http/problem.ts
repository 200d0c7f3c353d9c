// What went wrong, for the caller: problem details as of RFC 9457, with a stable `type`.
import type { HttpResponseInit } from '@azure/functions';

export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stable; clients may compare it. */
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(title);
  }
}

export const notFound = (what: string): Problem => new Problem(404, 'not-found', `There is no such ${what}.`);

export function problemResponse({ status, code, title, detail, extra }: Problem): HttpResponseInit {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    body: JSON.stringify({
      type: `urn:segments-to-constant-contact:problem:${code}`,
      title,
      status,
      ...(detail ? { detail } : {}),
      ...extra,
    }),
  };
}
