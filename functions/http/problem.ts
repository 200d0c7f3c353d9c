// What went wrong, for the caller: problem details as of RFC 9457, with a stable `type`.
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';

export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stable; clients may compare it. */
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(title);
  }
}

const typePrefix = 'urn:segments-to-constant-contact:problem:';

/** Of the body; further members depend on the type. */
export const problemSchema = z.looseObject({
  type: z.string().regex(new RegExp(`^${typePrefix}`)),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
});

export const notFound = (what: string): Problem => new Problem(404, 'not-found', `There is no such ${what}.`);

export function problemResponse({ status, code, title, detail, extra, headers }: Problem): HttpResponseInit {
  const body = { type: typePrefix + code, title, status, ...(detail ? { detail } : {}), ...extra };
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body satisfies z.output<typeof problemSchema>),
  };
}
