// Calls of the routes of the deployment: segments, schedule, audit, health and the API's own description.
import { etagOf } from '../../../functions/http/etag';
import type { WholeWorld } from '../whole-world';
import type { CallsOfRoute } from './call';

const presentSchedule = async (app: WholeWorld) => ({
  headers: { 'if-match': etagOf(await app.deps.refreshSchedule.get()) },
});
const daily = { kind: 'times', times: ['06:00', '18:30'], days: null, timeZone: 'Europe/Vienna' };

export const otherCalls: Readonly<Record<string, CallsOfRoute>> = {
  // A catalogue of folders can always be listed; one of a model that is not there is asked for in another test.
  listSegments: { well: () => ({}), status: 200, unprovoked: [409] },
  previewSegment: {
    well: () => ({ params: { segment: 'customers' } }),
    status: 200,
    wrong: {
      'a segment without files': {
        status: 409,
        code: 'segment-without-data',
        ask: () => ({ params: { segment: 'no files' } }),
      },
    },
  },
  readSchedule: { well: () => ({}), status: 200 },
  changeSchedule: {
    well: async (app) => ({ ...(await presentSchedule(app)), body: { schedule: daily } }),
    status: 200,
    wrong: {
      'five times a day': {
        status: 400,
        code: 'invalid-request',
        ask: async (app) => ({
          ...(await presentSchedule(app)),
          body: { schedule: { ...daily, times: ['01:00', '02:00', '03:00', '04:00', '05:00'] } },
        }),
      },
      'a schedule of one export': {
        status: 400,
        code: 'invalid-request',
        ask: async (app) => ({
          ...(await presentSchedule(app)),
          body: { schedule: { kind: 'with-refresh' } },
        }),
      },
    },
  },
  listAudit: {
    async well(app) {
      const done = {
        action: 'export.change',
        subject: { kind: 'export', id: 'spring', name: 'Spring' },
      } as const;
      await app.deps.audit.record({ id: 'tenant/person', name: 'Ada' }, null, done);
      return { query: 'limit=5' };
    },
    status: 200,
    wrong: {
      'too many at once': { status: 400, code: 'invalid-request', ask: () => ({ query: 'limit=101' }) },
      'a cursor of another list': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ query: 'cursor=c3ByaW5n' }),
      },
    },
  },
  // What needs no storage has nothing that could fail.
  live: { well: () => ({}), status: 200, unprovoked: [500] },
  openApi: { well: () => ({}), status: 200, unprovoked: [500] },
  ready: { well: () => ({}), status: 200, unprovoked: [500, 503] },
};
