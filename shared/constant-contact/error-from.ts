// Turns any failed answer of Constant Contact into one error, by its status and its error key.
import { z } from 'zod';
import {
  JobQueueFull,
  NotAllowed,
  NotFound,
  QuotaExceeded,
  RequestRefused,
  ServiceUnavailable,
  Throttled,
  Unauthorized,
  UnexpectedAnswer,
  type CallFacts,
  type ConstantContactError,
} from './errors';
import { quotaReset, retryAfter } from './waits';

/** The three shapes of an error: a list (the API's own), an object (its gateway), and OAuth's. */
const errorBody = z.union([
  z.array(z.object({ error_key: z.string() })).transform(([first]) => first?.error_key),
  z.object({ error_key: z.string() }).transform((body) => body.error_key),
  z.object({ error: z.string() }).transform((body) => body.error),
]);

/** Only what looks like a key is passed on: anything else could be somebody's data. */
const asKey = (text: string | null | undefined) =>
  text !== null && text !== undefined && /^[\w.=:-]{1,100}$/.test(text) ? text : undefined;

interface Headers {
  get(name: string): string | null;
}

/** The gateway's id of a call; the token endpoint's gateway has another name for it. */
export const requestIdOf = (headers: Headers): string | undefined =>
  asKey(headers.get('x-amzn-requestid')) ?? asKey(headers.get('x-okta-request-id'));

export interface FailedResponse {
  readonly method: 'GET' | 'POST';
  /** A template: without ids, query and cursor. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
}

/**
 * @param body the parsed JSON of the answer; `undefined` when it has none.
 * @param now the present moment, in milliseconds since 1970.
 */
export function errorFrom(response: FailedResponse, body: unknown, now: number): ConstantContactError {
  const { method, path, status, headers } = response;
  const parsed = errorBody.safeParse(body);
  const facts: CallFacts = {
    method,
    path,
    status,
    errorKey: parsed.success ? asKey(parsed.data) : undefined,
    requestId: requestIdOf(headers),
    retryAfterMilliseconds: retryAfter(headers.get('retry-after'), now),
  };
  const posted = { ...facts, outcomeUnknown: method === 'POST' };

  if (status === 429) return tooMany(facts, now);
  if (status === 401) return new Unauthorized(facts);
  if (status === 403) return new NotAllowed(facts);
  // An id of the wrong form can come back as "not found" under another status.
  if (status === 404 || facts.errorKey === 'contacts.api.not_found') return new NotFound(facts);
  if (status >= 500 || status === 408) return new ServiceUnavailable(posted);
  if (status >= 400) return new RequestRefused(facts);
  return new UnexpectedAnswer(posted, 'is neither a result nor an error (a redirect is not followed)');
}

/** Every 429 says that the call was not carried out. The body of the one for a full queue is not documented. */
function tooMany(facts: CallFacts, now: number): ConstantContactError {
  if (facts.errorKey === 'quota_exceeded')
    return new QuotaExceeded(facts, quotaReset(now, facts.retryAfterMilliseconds));
  const startsJob = facts.method === 'POST' && facts.path.startsWith('/activities/');
  if (startsJob && facts.errorKey !== 'throttled') return new JobQueueFull(facts);
  return new Throttled(facts);
}
