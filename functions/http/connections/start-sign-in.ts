// POST /api/connections/{connectionId}/sign-in: where to send the browser, to sign in at Constant Contact.
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { connectionParams } from './connection-view';
import { requireConnection } from './require-connection';
import { route } from '../route';

export const startSignIn = (deps: Deps) =>
  route({
    name: 'startSignIn',
    method: 'POST',
    path: 'connections/{connectionId}/sign-in',
    role: 'Administrator',
    summary: 'Begin a sign-in at Constant Contact, also to reconnect or to take over.',
    params: connectionParams,
    answers: {
      200: {
        description: 'Send the browser to `url`; it has to be back by `expiresAt`.',
        body: z.strictObject({ url: z.url(), expiresAt: z.iso.datetime() }),
      },
    },
    problems: [409],
    async handle({ principal, params, audit }) {
      const { value } = await requireConnection(deps, principal, params.connectionId);
      const begun = await orProblem(deps, () => deps.signIn.start(value.id, actorOf(principal)));
      await audit({
        action: 'connection.begin-sign-in',
        subject: { kind: 'connection', id: value.id, name: value.name },
      });
      return { headers: { 'cache-control': 'no-store' }, jsonBody: begun };
    },
  });
