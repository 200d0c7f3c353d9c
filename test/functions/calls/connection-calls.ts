// Calls of the routes of connections.
import { startSignIn } from '../../../functions/http/connections/start-sign-in';
import { etagOf } from '../../../functions/http/etag';
import { aConnection, aRun } from '../../runs/support/fixtures';
import type { Ask } from '../http-world';
import type { WholeWorld } from '../whole-world';
import type { CallsOfRoute, Wrong } from './call';

const main = { params: { connectionId: 'main' } };
const versionOfMain = async (app: WholeWorld) => {
  const stored = await app.deps.connections.read('main');
  if (!stored) throw new Error('there is no connection');
  return { headers: { 'if-match': etagOf(stored) } };
};

const otherVersion = (ask: Ask): Wrong => ({
  status: 412,
  code: 'changed-meanwhile',
  ask: () => ({ ...ask, headers: { 'if-match': '"other"' } }),
});

/** One that nobody has agreed for. */
async function fresh(app: WholeWorld): Promise<Ask> {
  await app.deps.connections.create(aConnection({ id: 'fresh', name: 'Fresh', consent: null }));
  return { params: { connectionId: 'fresh' } };
}

/** Signs in at Constant Contact, and comes back with what that gives. */
async function comeBack(app: WholeWorld): Promise<Ask> {
  const begun = await app.ask(startSignIn(app.deps), main);
  const url = new URL(String(begun.json['url']));
  url.searchParams.set('auto_approve', 'true');
  const answer = await fetch(url, { redirect: 'manual' });
  return { query: new URL(answer.headers.get('location') ?? '').search.slice(1) };
}

/** Of the routes that ask Constant Contact. */
const atConstantContact = (ask: Ask): Record<string, Wrong> => ({
  'a connection that has to sign in': {
    status: 409,
    code: 'reconnect-needed',
    ask: (app) => {
      app.secrets.stored.delete('constant-contact-tokens-main');
      return ask;
    },
  },
  'Constant Contact away': {
    status: 503,
    code: 'constant-contact-away',
    ask: async (app) => {
      await app.constantContact.stop();
      return ask;
    },
  },
  'a connection that is not shared': {
    status: 404,
    code: 'not-found',
    ask: () => ({ ...ask, params: { connectionId: 'private' }, as: 'Contributor' }),
  },
});

export const connectionCalls: Readonly<Record<string, CallsOfRoute>> = {
  listConnections: { well: () => ({}), status: 200 },
  createConnection: {
    well: () => ({ body: { name: 'Newsletter' } }),
    status: 201,
    wrong: {
      'a name that is taken': {
        status: 409,
        code: 'name-taken',
        ask: () => ({ body: { name: 'MAIN account' } }),
      },
      'a name that cannot be seen': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ body: { name: ' \u200b ' } }),
      },
    },
  },
  readConnection: {
    well: () => main,
    status: 200,
    wrong: {
      'a connection that is not shared': {
        status: 404,
        code: 'not-found',
        ask: () => ({ params: { connectionId: 'private' }, as: 'Contributor' }),
      },
    },
  },
  changeConnection: {
    well: async (app) => ({ ...main, ...(await versionOfMain(app)), body: { name: 'Renamed' } }),
    status: 200,
    wrong: {
      'a name that is taken': {
        status: 409,
        code: 'name-taken',
        ask: async (app) => ({ ...main, ...(await versionOfMain(app)), body: { name: 'private ACCOUNT' } }),
      },
      'a limit of nobody': {
        status: 400,
        code: 'invalid-request',
        ask: async (app) => ({ ...main, ...(await versionOfMain(app)), body: { contactLimit: 0 } }),
      },
    },
  },
  removeConnection: {
    well: () => ({ ...main, query: 'exports=detach' }),
    status: 200,
    // A removal that cannot go on now is finished by the timer.
    unprovoked: [503],
    wrong: {
      'another version': otherVersion(main),
      'a connection that exports use': { status: 409, code: 'connection-in-use', ask: () => main },
      'a run that has to end first': {
        status: 202,
        ask: async (app) => {
          await app.runs.start(aRun());
          return { ...main, query: 'exports=detach' };
        },
      },
    },
  },
  readConsent: { well: () => main, status: 200 },
  acceptConsent: {
    well: () => ({ ...main, body: { version: '1' } }),
    status: 200,
    wrong: {
      'another version': otherVersion({ ...main, body: { version: '1' } }),
      'a text that is not the present one': {
        status: 409,
        code: 'consent-outdated',
        ask: () => ({ ...main, body: { version: '0' } }),
      },
    },
  },
  startSignIn: {
    well: () => main,
    status: 200,
    wrong: { 'a connection that nobody agreed for': { status: 409, code: 'consent-needed', ask: fresh } },
  },
  finishSignIn: {
    well: comeBack,
    status: 200,
    // A sign-in that was interrupted begins again, whatever interrupted it.
    unprovoked: [503],
    wrong: {
      'a state of its own making': { status: 409, ask: () => ({ query: 'state=x&code=y' }) },
      'two states': { status: 400, ask: () => ({ query: 'state=x&state=y&code=z' }) },
    },
  },
  listContactLists: { well: () => main, status: 200, wrong: atConstantContact(main) },
  createContactList: {
    well: () => ({ ...main, body: { name: 'Newcomers' } }),
    status: 201,
    wrong: atConstantContact({ ...main, body: { name: 'Newcomers' } }),
  },
  listCustomFields: { well: () => main, status: 200, wrong: atConstantContact(main) },
};
