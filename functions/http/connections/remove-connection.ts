// DELETE /api/connections/{connectionId}: ends its runs, detaches or removes its exports, and deletes its tokens.
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import { exportsOnRemovalSchema } from '../../../shared/connections/connection';
import type { Deps } from '../../composition';
import { orchestrations } from '../../durable';
import { orProblem } from './connection-problem';
import { connectionParams } from './connection-view';
import { checkMatch } from '../etag';
import { Problem } from '../problem';
import { requireConnection } from './require-connection';
import { route } from '../route';

const removalSchema = z.strictObject({
  status: z.enum(['removed', 'removing']),
  /** What is waited for; the rest is done without another request. */
  waitingFor: z.enum(['runs', 'constant-contact']).nullable(),
  /** What an administrator still has to do at Constant Contact, where the app cannot. */
  revokeByHand: z.string().nullable(),
});

export const removeConnection = (deps: Deps) =>
  route({
    name: 'removeConnection',
    method: 'DELETE',
    path: 'connections/{connectionId}',
    role: 'Administrator',
    summary:
      'Remove a connection: its runs are cancelled, its tokens are deleted. What was sent stays at Constant Contact.',
    params: connectionParams,
    query: z.strictObject({
      exports: exportsOnRemovalSchema
        .optional()
        .meta({ description: 'What becomes of the exports that use it; without it, 409 names them.' }),
    }),
    answers: {
      200: { description: 'It is gone.', body: removalSchema },
      202: { description: 'It can no longer be used; the rest follows by itself.', body: removalSchema },
    },
    versioned: 'optional',
    problems: [409, 503],
    async handle({ request, context, principal, params, query, audit }) {
      const before = await requireConnection(deps, principal, params.connectionId);
      checkMatch(request, before);
      const { id, name } = before.value;
      const removing = deps.removeConnection((runId) => orchestrations(context).wake(runId));
      const removal = await orProblem(deps, () =>
        removing.remove(id, actorOf(principal), {
          ...query,
          etag: request.headers.has('if-match') ? before.etag : undefined,
        }),
      );
      if (removal.kind === 'in-use') {
        throw new Problem(
          409,
          'connection-in-use',
          'Exports use this connection.',
          'Say whether to detach or to remove them: ?exports=detach or ?exports=remove.',
          { exports: removal.exports },
        );
      }
      await audit({
        action: 'connection.remove',
        subject: { kind: 'connection', id, name },
        facts: { exports: query.exports ?? 'none', outcome: removal.kind },
      });
      return {
        status: removal.kind === 'removed' ? 200 : 202,
        headers: { 'cache-control': 'no-store' },
        jsonBody: {
          status: removal.kind,
          waitingFor: removal.kind === 'removing' ? removal.waitingFor : null,
          revokeByHand: removal.kind === 'removed' ? removal.revokeByHand : null,
        },
      };
    },
  });
