// An HTTP function as a value: who may call it, what it takes and what it answers. Its schemas check what comes in, and make the
// OpenAPI document.
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import type { Audited } from '../../shared/access/audit';
import type { Principal, Role } from '../../shared/access/principal';
import type { Problem } from './problem';

export interface Answer {
  readonly description: string;
  /** Of the JSON body; without it there is no body, or `contentType` says of what kind it is. */
  readonly body?: z.ZodType;
  readonly contentType?: string;
  /** Headers that matter to the caller, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is known of whoever may call: `nobody` is a route that is open to everybody. */
export type LeastRole = Role | 'nobody';

interface Shape<P, Q, B> {
  /** Unique; the name of the Azure function, and the `operationId`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api`, with parameters as `{name}`. */
  readonly path: string;
  /** The least that may call it; the handler may ask for more. */
  readonly role: LeastRole;
  readonly summary: string;
  /** `false` for what must answer also when storage does not. */
  readonly needsStorage?: boolean;
  /** Of the parameters in the path. What they refuse is "not found", like an id of nothing. */
  readonly params?: P;
  readonly query?: Q;
  /** Of the JSON body, which may be absent if the schema takes `undefined`; a route without it takes none. */
  readonly body?: B;
  /** Whether a change must name, in `If-Match`, the version that it is made to; `optional`: it may. */
  readonly versioned?: boolean | 'optional';
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of the problems that it answers itself, beside those of the guard. */
  readonly problems?: readonly number[];
  /** The page that its problems are, where a person sees them in a browser; problem details otherwise. */
  readonly present?: (problem: Problem, request: HttpRequest) => HttpResponseInit;
}

export interface CallOf<P, Q, B> {
  readonly request: HttpRequest;
  readonly context: InvocationContext;
  readonly principal: Principal;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Puts on record what the caller did. */
  readonly audit: (done: Audited) => Promise<void>;
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface Route extends Shape<z.ZodObject, z.ZodObject, z.ZodType> {
  readonly handle: (call: CallOf<never, never, never>) => Promise<HttpResponseInit>;
}

/** Ties the handler's types to the schemas. */
export function route<
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  shape: Shape<P, Q, B> & {
    handle(call: CallOf<Parsed<P>, Parsed<Q>, Parsed<B>>): Promise<HttpResponseInit>;
  },
): Route {
  return shape as unknown as Route;
}
