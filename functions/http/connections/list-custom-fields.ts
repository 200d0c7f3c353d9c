// GET /api/connections/{connectionId}/custom-fields: what an export can map beside the standard fields.
import { z } from 'zod';
import type { Deps } from '../../composition';
import { orProblem } from './connection-problem';
import { connectionParams } from './connection-view';
import { requireConnection, requireSignedIn } from './require-connection';
import { route } from '../route';

const customFieldView = z.strictObject({
  id: z.string(),
  /** What a mapping names, as `cf:<name>`. */
  name: z.string(),
  label: z.string(),
  type: z.string(),
});

export const listCustomFields = (deps: Deps) =>
  route({
    name: 'listCustomFields',
    method: 'GET',
    path: 'connections/{connectionId}/custom-fields',
    role: 'Contributor',
    summary: 'The custom fields of the connected account.',
    params: connectionParams,
    answers: {
      200: { description: 'The fields.', body: z.strictObject({ customFields: z.array(customFieldView) }) },
    },
    problems: [409, 503],
    async handle({ principal, params }) {
      const { value } = await requireConnection(deps, principal, params.connectionId);
      const customFields = await orProblem(deps, async () => {
        await requireSignedIn(deps, value);
        return deps.constantContact(value.id).customFields();
      });
      return { headers: { 'cache-control': 'no-store' }, jsonBody: { customFields } };
    },
  });
