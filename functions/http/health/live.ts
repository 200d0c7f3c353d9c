// GET /api/health/live: whether the app has started and answers. Open to everybody, and says nothing else.
import { z } from 'zod';
import { route } from '../route';

export const live = () =>
  route({
    name: 'live',
    method: 'GET',
    path: 'health/live',
    role: 'nobody',
    needsStorage: false,
    summary: 'Whether the app has started and answers. It says nothing of what the app stands on.',
    answers: { 200: { description: 'It does.', body: z.strictObject({ status: z.literal('live') }) } },
    handle: () => Promise.resolve({ headers: { 'cache-control': 'no-store' }, jsonBody: { status: 'live' } }),
  });
