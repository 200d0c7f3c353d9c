// The one place through which every HTTP request goes: who is asking, may they, is what they send valid, and what do they see when
// something goes wrong.
import { randomUUID } from 'node:crypto';
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { Audit } from '../../shared/access/audit';
import { hasRole } from '../../shared/access/permissions';
import { actorOf, principalFrom, type Principal, type Trust } from '../../shared/access/principal';
import { codeOf } from '../../shared/platform/error-code';
import type { Log } from '../../shared/platform/log';
import { within } from '../invocation';
import { Problem, problemResponse } from './problem';
import { readInput } from './read-input';
import type { CallOf, LeastRole, Route } from './route';

export interface Gate {
  readonly trust: Trust;
  readonly log: Log;
  readonly audit: Pick<Audit, 'record'>;
  /** Makes what the app needs in storage. */
  readonly ready: () => Promise<void>;
}

/** The guarded handler of a route. */
export function guard(route: Route, { trust, log, audit, ready }: Gate): HttpHandler {
  async function answer(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
    const principal = principalFrom(request.headers.get('x-ms-client-principal'), trust) ?? nobody;
    refuseWithoutRole(principal, route.role);
    if (route.method !== 'GET') refuseForeignPages(request);
    const input = await readInput(route, request);
    if (route.needsStorage !== false) await ready();
    const call = {
      request,
      context,
      principal,
      ...input,
      audit: (done) => audit.record(actorOf(principal), addressOf(request), done),
    } satisfies CallOf<unknown, unknown, unknown>;
    return await route.handle(call as CallOf<never, never, never>);
  }

  return (request, context) =>
    within(context, async () => {
      const present = route.present ?? problemResponse;
      try {
        return await answer(request, context);
      } catch (error) {
        if (error instanceof Problem) return present(error, request);
        const incident = randomUUID();
        log.error('http.failed', { route: route.name, incident, code: codeOf(error) });
        const unexpected = new Problem(
          500,
          'internal',
          'Something went wrong.',
          `Nothing was changed that you could not ask for again. Incident ${incident} names it in the log.`,
        );
        return present(unexpected, request);
      }
    });
}

/** Who has not signed in. Only routes that are open to everybody meet them. */
const nobody: Principal = { tenantId: '', objectId: '', name: 'nobody', role: undefined };

function refuseWithoutRole(principal: Principal, role: LeastRole): void {
  if (role === 'nobody') return;
  if (principal === nobody) {
    throw new Problem(
      401,
      'sign-in-needed',
      'Sign in first.',
      'The request carries no sign-in that this app accepts.',
    );
  }
  if (!hasRole(principal, role)) {
    throw new Problem(
      403,
      'role-needed',
      'You may not do this.',
      `It needs the role ${role}; ask an administrator for it.`,
      { role },
    );
  }
}

/**
 * The last address is the one that the platform's own front end has added; those before it may be made up.
 * @returns without the port; `null` where there is no front end.
 */
function addressOf(request: HttpRequest): string | null {
  const last = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
  if (!last) return null;
  return last
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .slice(0, 64);
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
