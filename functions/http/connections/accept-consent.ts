// PUT /api/connections/{connectionId}/consent: "I agree", put on record with who, when and which text.
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { connectionParams } from './connection-view';
import { answerConsent, consentAnswer } from './consent-answer';
import { checkMatch } from '../etag';
import { requireConnection } from './require-connection';
import { route } from '../route';

export const acceptConsent = (deps: Deps) =>
  route({
    name: 'acceptConsent',
    method: 'PUT',
    path: 'connections/{connectionId}/consent',
    role: 'Administrator',
    summary: 'Accept the present text of the agreement. Nothing connects before.',
    params: connectionParams,
    body: z.strictObject({
      version: z.string().max(20).meta({ description: 'Of the text that was read.' }),
    }),
    answers: { 200: consentAnswer },
    versioned: 'optional',
    problems: [409],
    async handle({ request, principal, params, body, audit }) {
      const before = await requireConnection(deps, principal, params.connectionId);
      checkMatch(request, before);
      const { id, name } = before.value;
      const accepted = await orProblem(deps, () =>
        deps.manageConnections.acceptConsent(
          id,
          request.headers.has('if-match') ? before.etag : undefined,
          body.version,
          actorOf(principal),
        ),
      );
      await audit({
        action: 'connection.accept-consent',
        subject: { kind: 'connection', id, name },
        facts: { version: body.version },
      });
      return answerConsent(accepted);
    },
  });
