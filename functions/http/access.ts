// The one place through which every HTTP request goes: who is asking, may they, and what do they see when something goes wrong.
import { randomUUID } from 'node:crypto';
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { hasRole } from '../../shared/access/permissions';
import { principalFrom, type Principal, type Role, type Trust } from '../../shared/access/principal';
import type { Log } from '../../shared/platform/log';
import { codeOf } from '../../shared/platform/error-code';
import { within } from '../invocation';
import { Problem, problemResponse } from './problem';

export interface Call {
  readonly request: HttpRequest;
  readonly context: InvocationContext;
  readonly principal: Principal;
}

/** An HTTP function. `path` is below `/api`; `role` is the least that may call it, and the handler may ask for more. */
export interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly role: Role;
  readonly handle: (call: Call) => Promise<HttpResponseInit>;
}

/** The guarded handler of a route. */
export function guard(route: Route, trust: Trust, log: Log, ready: () => Promise<void>): HttpHandler {
  return (request, context) =>
    within(context, async () => {
      try {
        const principal = principalFrom(request.headers.get('x-ms-client-principal'), trust);
        if (!principal)
          throw new Problem(
            401,
            'sign-in-needed',
            'Sign in first.',
            'The request carries no sign-in that this app accepts.',
          );
        if (!hasRole(principal, route.role)) {
          throw new Problem(
            403,
            'role-needed',
            'You may not do this.',
            `It needs the role ${route.role}; ask an administrator for it.`,
            { role: route.role },
          );
        }
        if (route.method !== 'GET') refuseForeignPages(request);
        await ready();
        return await route.handle({ request, context, principal });
      } catch (error) {
        if (error instanceof Problem) return problemResponse(error);
        const incident = randomUUID();
        log.error('http.failed', { route: route.name, incident, code: codeOf(error) });
        return problemResponse(
          new Problem(
            500,
            'internal',
            'Something went wrong.',
            `Nothing was changed that you could not ask for again. Incident ${incident} names it in the log.`,
          ),
        );
      }
    });
}

/**
 * A browser sends the session's cookie also with what another site's page makes it send; such a request must prove that it comes
 * from our own pages. Without a cookie the caller signed the request itself, with a bearer token.
 */
function refuseForeignPages(request: HttpRequest): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const proven = site === 'same-origin' || (origin !== null && origin === new URL(request.url).origin);
  const foreign = (site !== null && site !== 'same-origin') || (origin !== null && !proven);
  if (foreign || (request.headers.has('cookie') && !proven)) {
    throw new Problem(
      403,
      'foreign-origin',
      'This request does not come from this app.',
      'Send a same-origin Origin header, or a bearer token.',
    );
  }
}
