// What a request brings, checked against the schemas of its route before anything is done. Errors name the field, never its value.
import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { messageOf } from './fault-message';
import { notFound, Problem } from './problem';
import type { Route } from './route';

/** Far more than any body of this API needs. */
export const LARGEST_BODY_BYTES = 262_144;

/** @throws {Problem} 400, 404, 413 or 415 */
export async function readInput(route: Route, request: HttpRequest) {
  return {
    params: paramsOf(route, request),
    query: queryOf(route, request),
    body: await bodyOf(route, request),
  };
}

function paramsOf({ params }: Route, request: HttpRequest): unknown {
  const parsed = (params ?? z.object({})).safeParse({ ...request.params });
  if (!parsed.success) throw notFound('thing');
  return parsed.data;
}

function queryOf({ query }: Route, request: HttpRequest): unknown {
  const given: Record<string, string> = {};
  const { searchParams } = new URL(request.url);
  for (const [name, value] of searchParams) {
    if (name in given) throw invalid([{ path: name, message: 'is there more than once' }]);
    given[name] = value;
  }
  // Only a schema that says so takes more than it names, as where somebody else makes the address.
  const schema = query ?? z.object({});
  return check(schema.def.catchall ? schema : schema.strict(), given);
}

async function bodyOf({ body }: Route, request: HttpRequest): Promise<unknown> {
  if (request.method === 'GET') return undefined;
  const text = await request.text();
  if (Buffer.byteLength(text) > LARGEST_BODY_BYTES) {
    throw new Problem(
      413,
      'body-too-large',
      'The body is too large.',
      `${LARGEST_BODY_BYTES} bytes may be sent.`,
    );
  }
  if (!body) {
    if (text.trim() !== '' && text.trim() !== '{}')
      throw invalid([{ path: '', message: 'this request takes no body' }]);
    return undefined;
  }
  if (text === '' && isOptional(body)) return check(body, undefined);
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(json|merge-patch\+json)\s*(;|$)/i.test(type)) {
    throw new Problem(
      415,
      'json-needed',
      'The body must be JSON.',
      'Send it with the header "Content-Type: application/json".',
    );
  }
  return check(body, jsonOf(text));
}

/** Whether a request may come without that body. */
export const isOptional = (body: z.ZodType): boolean => body.safeParse(undefined).success;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid([{ path: '', message: 'the body is not JSON' }]);
  }
}

function check(schema: z.ZodType, given: unknown): unknown {
  const parsed = schema.safeParse(given, { error: messageOf });
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
}

/** @param errors which fields, and what is wrong with each. */
export function invalid(errors: readonly { readonly path: string; readonly message: string }[]): Problem {
  return new Problem(
    400,
    'invalid-request',
    'The request is not valid.',
    errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    { errors },
  );
}
