// GET /api/sign-in/callback: Constant Contact sends the browser back here. The answer is a page for a person, and never a redirect.
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { pageOf } from '../html-page';
import type { Problem } from '../problem';
import { route } from '../route';

const path = 'sign-in/callback';

/** What comes back; the others that OAuth servers may add are of no use here. */
const callbackQuery = z.looseObject({
  state: z.string().max(500).optional(),
  code: z.string().max(4_000).optional(),
  error: z.string().max(200).optional(),
  error_description: z.string().max(4_000).optional(),
});

const html = (description: string) => ({ description, contentType: 'text/html' });

export const finishSignIn = (deps: Deps) =>
  route({
    name: 'finishSignIn',
    method: 'GET',
    path,
    role: 'Administrator',
    summary: 'Where Constant Contact sends the browser after a sign-in. A page for a person.',
    query: callbackQuery,
    answers: {
      200: html('Connected, and to which organisation.'),
      400: html('What came is not the end of a sign-in.'),
      401: html('The session of this app ran out: a way to sign in and come back.'),
      403: html('The role Administrator is needed.'),
      409: html('Why there is no connection, and what to do.'),
      500: html('A fault.'),
      503: html('Constant Contact cannot be asked now.'),
    },
    present: presentProblem,
    async handle({ principal, query, audit }) {
      const { id, name, account } = await orProblem(deps, () =>
        deps.signIn.finish(query, actorOf(principal)),
      );
      await audit({ action: 'connection.sign-in', subject: { kind: 'connection', id, name } });
      return pageOf(
        200,
        `Connected to ${account?.organization ?? 'Constant Contact'}`,
        `The connection “${name}” can be used in exports now. You can close this page.`,
      );
    },
  });

function presentProblem({ status, title, detail = '' }: Problem, request: HttpRequest): HttpResponseInit {
  if (status !== 401) return pageOf(status, title, detail);
  return pageOf(
    401,
    'Sign in to this app again',
    'Your session ran out while you were at Constant Contact. Sign in, and the connection is completed.',
    { href: wayBack(request), text: 'Sign in' },
  );
}

/** Signs in with App Service, which then comes back to this very route with what Constant Contact gave: never to another address. */
function wayBack(request: HttpRequest): string {
  const given = new URL(request.url).searchParams;
  const kept = new URLSearchParams();
  for (const name of Object.keys(callbackQuery.shape)) {
    const value = given.get(name);
    if (value !== null) kept.set(name, value);
  }
  const back = new URLSearchParams({ post_login_redirect_uri: `/api/${path}?${kept.toString()}` });
  return `/.auth/login/aad?${back.toString()}`;
}
