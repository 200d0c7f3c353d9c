// HTTP functions on the local Functions host, and the person it signs in.
import { request as httpRequest } from 'node:http';
import { startAzurite, type Azurite } from '../../support/azurite';
import { hostAppRoot, startHostApp, type HostApp } from '../../support/host-app';
import { until } from '../../support/until';
import { FunctionsHostDidNotStart, startFunctionsHost } from './functions-host';

let azurite: Azurite;
let app: HostApp;
beforeAll(async () => {
  azurite = await startAzurite();
  app = await startHostApp(azurite.connectionString);
});
afterAll(async () => {
  await app.stop();
  await azurite.stop();
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(app.host.url + path, { headers });

interface Shown {
  readonly method: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly query: string[][];
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly user: { readonly username: string; readonly claimsPrincipalData: Principal } | null;
}
interface Principal {
  readonly auth_typ: string;
  readonly claims: { readonly typ: string; readonly val: string }[];
}
const show = async (headers: Record<string, string> = {}) =>
  (await (await get('/api/show/1', headers)).json()) as Shown;

/** `fetch` sets Host and Origin itself. */
const statusWith = (headers: Record<string, string>, path = '/api/show/1') =>
  new Promise<number>((resolve, reject) => {
    httpRequest(app.host.url + path, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

describe('routes', () => {
  test('carry parameters, the query and the body', async () => {
    const answer = await fetch(`${app.host.url}/api/show/a%20b/%C3%A4?q=1&q=2&r=`, {
      method: 'PUT',
      body: 'töxt',
    });
    expect(await answer.json()).toMatchObject({
      method: 'PUT',
      url: `${app.host.url}/api/show/a%20b/%C3%A4?q=1&q=2&r=`,
      params: { a: 'a b', b: 'ä' },
      query: [
        ['q', '1,2'],
        ['r', ''],
      ],
      body: 'töxt',
    });
  });

  test('may leave out what is optional, and prefer what is literal', async () => {
    expect((await show()).params).toEqual({ a: '1' });
    expect(await (await get('/api/show/literal')).text()).toBe('the literal route');
  });

  test.each([
    ['GET', '/api/nowhere'],
    ['GET', '/show/1'],
    ['DELETE', '/api/show/1'],
    ['GET', '/api/show/1/2/3'],
  ])('%s %s is not found', async (method, path) => {
    expect((await fetch(app.host.url + path, { method })).status).toBe(404);
  });

  test('with authLevel "function" want the key', async () => {
    expect((await get('/api/guarded')).status).toBe(401);
    expect((await get('/api/guarded', { 'x-functions-key': 'wrong' })).status).toBe(401);
    expect((await get('/api/guarded', { 'x-functions-key': app.host.key })).status).toBe(200);
    expect((await get(`/api/guarded?code=${app.host.key}`)).status).toBe(200);
  });
});

describe('answers', () => {
  test('may be bytes, with status, headers and cookies', async () => {
    const answer = await get('/api/bytes');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-disposition')).toBe('attachment');
    expect(answer.headers.getSetCookie()).toEqual(['c=v; Path=/']);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 255, 1, 254]);
  });

  test('may be streams', async () => {
    expect((await (await get('/api/stream')).text()).split('\n')).toHaveLength(11);
  });

  test('are 204 when there is none, and 500 without a word when the function threw', async () => {
    expect((await get('/api/nothing')).status).toBe(204);
    const failed = await get('/api/throws');
    expect([failed.status, await failed.text()]).toEqual([500, '']);
  });
});

test('an app that has asked for HTTP streams gets them', async () => {
  const own = await startHostApp(azurite.connectionString, { env: { STREAMS: 'yes' } });
  try {
    const body = 'x'.repeat(3_000_000);
    const answer = await fetch(`${own.host.url}/api/length?name=n`, { method: 'POST', body });
    expect(await answer.json()).toEqual({ length: body.length, name: 'n' });
    expect(await (await fetch(`${own.host.url}/api/stream`)).text()).toContain('line 9');
    expect((await fetch(`${own.host.url}/api/throws`)).status).toBe(500);
    const shown = (await (await fetch(`${own.host.url}/api/show/1/2`)).json()) as Shown;
    expect(shown.params).toEqual({ a: '1', b: '2' });
    expect(shown.user?.username).toContain('administrator');
  } finally {
    await own.stop();
  }
});

describe('the signed-in person', () => {
  const rolesOf = ({ user }: Shown) =>
    user?.claimsPrincipalData.claims.filter(({ typ }) => typ === 'roles').map(({ val }) => val);
  const claim = ({ user }: Shown, name: string) =>
    user?.claimsPrincipalData.claims.find(({ typ }) => typ.endsWith(name))?.val;

  test('is a named administrator of the tenant, as App Service tells it for Entra ID', async () => {
    const tenantId = '11111111-2222-4333-8444-555555555555';
    const own = await startHostApp(azurite.connectionString, { tenantId });
    try {
      const shown = (await (await fetch(`${own.host.url}/api/show/1`)).json()) as Shown;
      expect(rolesOf(shown)).toEqual(['Administrator']);
      expect(claim(shown, '/identity/claims/tenantid')).toBe(tenantId);
      expect(claim(shown, '/identity/claims/objectidentifier')).toBe(
        shown.headers['x-ms-client-principal-id'],
      );
      expect(shown.headers['x-ms-client-principal-idp']).toBe('aad');
      expect(shown.headers['x-ms-client-principal-name']).toBe(shown.user?.username);
      expect(shown.user?.claimsPrincipalData.auth_typ).toBe('aad');
    } finally {
      await own.stop();
    }
  });

  test.each(['Administrator', 'Contributor', 'Viewer'])('is a %s by x-local-role', async (role) => {
    const shown = await show({ 'x-local-role': role });
    expect(rolesOf(shown)).toEqual([role]);
    expect(shown.headers).not.toHaveProperty('x-local-role');
  });

  test('is nobody by x-local-role none, and an unknown role is refused', async () => {
    const shown = await show({ 'x-local-role': 'none' });
    expect(shown.user).toBeNull();
    expect(Object.keys(shown.headers).filter((name) => name.startsWith('x-ms-client-principal'))).toEqual([]);
    expect((await get('/api/show/1', { 'x-local-role': 'Owner' })).status).toBe(400);
  });

  test('is never the one that a request claims to be', async () => {
    const forged = Buffer.from('{"auth_typ":"aad","claims":[]}').toString('base64');
    const headers = {
      'x-ms-client-principal': forged,
      'x-ms-client-principal-id': 'me',
      'x-ms-client-principal-name': 'me',
      'x-ms-client-principal-more': 'me',
    };
    const shown = await show(headers);
    expect(Object.values(shown.headers)).not.toContain(forged);
    expect(Object.values(shown.headers)).not.toContain('me');
    expect((await show({ ...headers, 'x-local-role': 'none' })).user).toBeNull();
  });
});

describe('requests from elsewhere', () => {
  test.each(['example.com', '10.0.0.1:80', 'localhost.example.com', '127.0.0.1.example.com'])(
    'are refused by their Host %s',
    async (host) => {
      expect(await statusWith({ host })).toBe(403);
      expect(await statusWith({ host }, '/admin/emulator/worker')).toBe(403);
    },
  );

  test('are refused by their Origin, unless it is our own', async () => {
    const { host, origin } = new URL(app.host.url);
    expect(await statusWith({ host, origin })).toBe(200);
    for (const other of ['http://example.com', 'null', 'http://127.0.0.1:1', `https://${host}`])
      expect(await statusWith({ host, origin: other })).toBe(403);
  });

  test('do not reach the API that the worker uses without a key', async () => {
    await app.run('sub', { z: 1 });
    const rpc = String(app.seen('start').at(-1)!.extra[0]!['rpcBaseUrl']);
    expect((await fetch(`${rpc}instances`)).status).toBe(200);
    expect((await fetch(`${rpc}instances`, { headers: { origin: 'http://example.com' } })).status).toBe(403);
    const withoutKey = await get('/runtime/webhooks/durabletask/instances');
    expect(withoutKey.status).toBe(401);
  });
});

test('what the app says is a line with the function and its invocation', async () => {
  const invocation = await (await get('/api/logs')).text();
  const line = (text: string) => until(() => app.lines.find((one) => one.includes(text)));
  expect(await line('said by the context')).toContain(
    ` information logs(${invocation}): said by the context`,
  );
  expect(await line('warned by the context')).toContain(` warning logs(${invocation}): `);
  expect(await line('said by the console')).toContain(': said by the console');
});

test('the worker knows its settings and nothing else of this machine', async () => {
  const { output } = await app.run('environment');
  const names = output as string[];
  expect(names).toEqual(
    expect.arrayContaining(['TICK_SCHEDULE', 'AzureWebJobsStorage', 'WEBSITE_AUTH_ENABLED']),
  );
  expect(names.filter((name) => /^(npm_|JEST_|NODE_ENV|USER|PWD$)/.test(name))).toEqual([]);
});

describe('a start that cannot be', () => {
  const start = (options: Partial<Parameters<typeof startFunctionsHost>[0]>) =>
    startFunctionsHost({
      appRoot: hostAppRoot,
      storage: azurite.connectionString,
      hub: 'Never',
      env: { TICK_SCHEDULE: '0 * * * * *' },
      ...options,
    });

  test('says what the app said', async () => {
    const failed = start({ env: { FAULTY: 'very' } });
    await expect(failed).rejects.toThrow(FunctionsHostDidNotStart);
    await expect(failed).rejects.toThrow('the setting FAULTY is faulty: very');
  });

  test('names a setting that a schedule needs, and a schedule that is none', async () => {
    await expect(start({ env: {} })).rejects.toThrow('TICK_SCHEDULE');
    await expect(start({ env: { TICK_SCHEDULE: '61 * * * * *' } })).rejects.toThrow('"61" is no second');
  });

  test('tells of a port that is taken', async () => {
    await expect(start({ port: Number(new URL(app.host.url).port) })).rejects.toThrow('EADDRINUSE');
  });
});
