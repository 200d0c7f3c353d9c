// Calls of the routes of exports.
import { aRun, listId } from '../../runs/support/fixtures';
import type { CallsOfRoute } from './call';

const draft = {
  name: 'Summer',
  connectionId: 'main',
  listId,
  mapping: { email: 'Email', fields: { first_name: 'FirstName' } },
  segments: ['customers'],
};
const spring = { params: { exportId: 'spring' } };
/** Of a connection that is for administrators. */
const secret = { params: { exportId: 'secret' } };
const asContributor = { as: 'Contributor' } as const;

export const exportCalls: Readonly<Record<string, CallsOfRoute>> = {
  listExports: {
    well: () => ({ query: 'connection=main&status=Not+started&search=SPRING&limit=10' }),
    status: 200,
    wrong: {
      'a status that is none': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ query: 'status=Fine' }),
      },
      'a cursor of its own making': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ query: 'cursor=JyBvciAxIGVxIDE' }),
      },
      'an empty page': { status: 400, code: 'invalid-request', ask: () => ({ query: 'limit=0' }) },
    },
  },
  createExport: {
    well: () => ({ body: draft }),
    status: 201,
    wrong: {
      'a connection that is not shared': {
        status: 403,
        code: 'role-needed',
        ask: () => ({ ...asContributor, body: { ...draft, connectionId: 'private' } }),
      },
      'no connection, by a contributor': {
        status: 403,
        code: 'role-needed',
        ask: () => ({ ...asContributor, body: { ...draft, connectionId: null } }),
      },
      'a connection that is not there': {
        status: 400,
        code: 'export-invalid',
        ask: () => ({ body: { ...draft, connectionId: 'unknown' } }),
      },
      'a segment that is not there': {
        status: 400,
        code: 'export-invalid',
        ask: () => ({ body: { ...draft, segments: ['../customers'] } }),
      },
      'a list that is not there': {
        status: 400,
        code: 'export-invalid',
        ask: () => ({ body: { ...draft, listId: '00000000-0000-4000-8000-000000000001' } }),
      },
      'a list that is no list': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ body: { ...draft, listId: 'customers' } }),
      },
      'a time zone that is none': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({
          body: {
            ...draft,
            schedule: { kind: 'times', times: ['06:00'], days: null, timeZone: 'Europe/Nowhere' },
          },
        }),
      },
      'no column for the address': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ body: { ...draft, mapping: { fields: {} } } }),
      },
      'Constant Contact away': {
        status: 503,
        code: 'constant-contact-away',
        async ask(app) {
          await app.constantContact.stop();
          return { body: draft };
        },
      },
    },
  },
  previewExport: {
    well: () => ({ body: { connectionId: 'main', mapping: draft.mapping, segments: draft.segments } }),
    status: 200,
    wrong: {
      'a connection that is not shared': {
        status: 403,
        code: 'role-needed',
        ask: () => ({ ...asContributor, body: { ...draft, connectionId: 'private' } }),
      },
      'no segments': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ body: { ...draft, segments: [] } }),
      },
    },
  },
  rescheduleExports: {
    well: () => ({ body: { exports: ['spring'], schedule: { kind: 'off' } } }),
    status: 200,
    wrong: {
      'an export twice': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ body: { exports: ['spring', 'spring'], schedule: { kind: 'off' } } }),
      },
      'a schedule of the deployment': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ body: { exports: ['spring'], schedule: { kind: 'new-data' } } }),
      },
    },
  },
  readExport: { well: () => spring, status: 200 },
  changeExport: {
    well: async (app) => ({ ...spring, headers: await app.versionOf('spring'), body: { name: 'Autumn' } }),
    status: 200,
    wrong: {
      'a connection that is not shared': {
        status: 403,
        code: 'role-needed',
        ask: async (app) => ({
          ...spring,
          ...asContributor,
          headers: await app.versionOf('spring'),
          body: { connectionId: 'private' },
        }),
      },
      'an export whose connection is not shared': {
        status: 403,
        code: 'role-needed',
        ask: async (app) => ({
          ...secret,
          ...asContributor,
          headers: await app.versionOf('secret'),
          body: { name: 'Mine' },
        }),
      },
      'a column that is not there': {
        status: 400,
        code: 'export-invalid',
        ask: async (app) => ({
          ...spring,
          headers: await app.versionOf('spring'),
          body: { mapping: { email: 'Telephone' } },
        }),
      },
      'a name without a letter': {
        status: 400,
        code: 'invalid-request',
        ask: async (app) => ({ ...spring, headers: await app.versionOf('spring'), body: { name: '  ' } }),
      },
      'Constant Contact away': {
        status: 503,
        code: 'constant-contact-away',
        async ask(app) {
          await app.constantContact.stop();
          const headers = await app.versionOf('spring');
          return { ...spring, headers, body: { mapping: { email: 'Email' } } };
        },
      },
    },
  },
  removeExport: {
    well: () => spring,
    status: 204,
    wrong: {
      'an export that is running': {
        status: 409,
        code: 'export-running',
        async ask(app) {
          await app.runs.start(aRun());
          return spring;
        },
      },
      'an export whose connection is not shared': {
        status: 403,
        code: 'role-needed',
        ask: () => ({ ...secret, ...asContributor }),
      },
    },
  },
  duplicateExport: {
    well: () => ({ ...spring, body: { name: 'Autumn' } }),
    status: 201,
    wrong: {
      'an export whose connection is not shared': {
        status: 403,
        code: 'role-needed',
        ask: () => ({ ...secret, ...asContributor }),
      },
    },
  },
  startRun: {
    well: () => spring,
    status: 202,
    wrong: {
      'an export without a connection': {
        status: 409,
        code: 'export-detached',
        ask: () => ({ params: { exportId: 'detached' } }),
      },
      'an export whose connection is not shared': {
        status: 403,
        code: 'role-needed',
        ask: () => ({ ...secret, ...asContributor }),
      },
    },
  },
};
