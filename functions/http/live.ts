// GET /api/health/live: whether the app has started and answers. Open to everybody, and says nothing else.
import type { HttpResponseInit } from '@azure/functions';

export const live = (): Promise<HttpResponseInit> =>
  Promise.resolve({ headers: { 'cache-control': 'no-store' }, jsonBody: { status: 'live' } });
