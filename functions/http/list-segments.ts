// GET /api/segments: the catalogue of what can be exported.
import type { Deps } from '../composition';
import type { Route } from './access';

export const listSegments = (deps: Deps): Route => ({
  name: 'listSegments',
  method: 'GET',
  path: 'segments',
  role: 'Contributor',
  async handle() {
    return {
      headers: { 'cache-control': 'no-store' },
      jsonBody: { segments: await deps.segments.catalogue() },
    };
  },
});
