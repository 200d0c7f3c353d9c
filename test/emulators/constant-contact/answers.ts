// The shapes of Constant Contact's answers: a list of errors (contacts API), one error (gateway), OAuth's own.
import { randomUUID } from 'node:crypto';
import type { Answer } from '../call';

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** What the contacts API says: an array, even for one error. */
export const apiError = (status: number, key: string, message: string): Answer => ({
  status,
  body: [{ error_key: `contacts.api.${key}`, error_message: message }],
});

export const invalid = (message: string): Answer => apiError(400, 'validation.error', message);
export const notFound = (message: string): Answer => apiError(404, 'not_found', message);
export const conflict = (message: string): Answer => apiError(409, 'conflict', message);

const gatewayError = (status: number, type: string, key: string, message: string): Answer => ({
  status,
  headers: { 'x-amzn-ErrorType': type, 'x-amz-apigw-id': randomUUID() },
  body: { error_key: key, error_message: message },
});

export const forbidden = (): Answer => gatewayError(403, 'ForbiddenException', 'forbidden', 'Forbidden');

export function unauthorized(): Answer {
  const answer = gatewayError(401, 'UnauthorizedException', 'unauthorized', 'Unauthorized');
  return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': 'Bearer realm=api.cc.email' } };
}

export type TooMany = 'throttled' | 'quota_exceeded' | 'queue';

export function tooMany(kind: TooMany, retryAfterSeconds: number | undefined): Answer {
  const answer =
    kind === 'queue'
      ? apiError(429, 'too_many_requests', 'You exceeded 1,000 queued activities for this user account')
      : kind === 'throttled'
        ? gatewayError(429, 'TooManyRequestsException', 'throttled', 'Too Many Requests')
        : gatewayError(429, 'LimitExceededException', 'quota_exceeded', 'Limit Exceeded');
  if (retryAfterSeconds === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'Retry-After': String(retryAfterSeconds) } };
}

export const oauthError = (status: number, error: string, description: string): Answer => ({
  status,
  headers: { 'Cache-Control': 'no-store' },
  body: { error, error_description: description },
});

export const page = (status: number, html: string): Answer => ({
  status,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  },
  body: html,
});

/** Seconds are the finest that Constant Contact shows. */
export const timestamp = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
