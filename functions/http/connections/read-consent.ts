// GET /api/connections/{connectionId}/consent: the agreement as it is now, and what was accepted for this connection.
import type { Deps } from '../../composition';
import { connectionParams } from './connection-view';
import { answerConsent, consentAnswer } from './consent-answer';
import { requireConnection } from './require-connection';
import { route } from '../route';

export const readConsent = (deps: Deps) =>
  route({
    name: 'readConsent',
    method: 'GET',
    path: 'connections/{connectionId}/consent',
    role: 'Administrator',
    summary: 'The agreement on data privacy, and who accepted which version of it for this connection.',
    params: connectionParams,
    answers: { 200: consentAnswer },
    handle: async ({ principal, params }) =>
      answerConsent(await requireConnection(deps, principal, params.connectionId)),
  });
