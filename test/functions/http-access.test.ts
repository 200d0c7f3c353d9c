// The guard in front of every route: who gets through, and what the others are told.
import { guard } from '../../functions/http/guard';
import { Problem } from '../../functions/http/problem';
import type { Route } from '../../functions/http/route';
import type { Principal } from '../../shared/access/principal';
import { origin, principalHeader, startHttpWorld, tenantId, type Ask, type HttpWorld } from './http-world';

let app: HttpWorld;
beforeEach(async () => {
  app = await startHttpWorld();
});
afterEach(() => app.stop());

const route = (change: Partial<Route> = {}): Route => ({
  name: 'sample',
  method: 'GET',
  path: 'samples',
  role: 'Contributor',
  summary: 'A sample.',
  answers: { 200: { description: 'Who is asking.' } },
  handle: ({ principal }: { principal: Principal }) =>
    Promise.resolve({ jsonBody: { name: principal.name } }),
  ...change,
});
const problem = (code: string) => `urn:segments-to-constant-contact:problem:${code}`;

test('somebody with the role of the route gets through, and is known', async () => {
  const answer = await app.ask(route(), { as: 'Contributor' });
  expect(answer).toMatchObject({ status: 200, json: { name: 'Ada Lovelace' } });
  await expect(app.ask(route(), { as: 'Administrator' })).resolves.toMatchObject({ status: 200 });
});

describe('what is refused', () => {
  let handled = 0;
  const counted = (change: Partial<Route> = {}) =>
    route({
      ...change,
      handle: () => {
        handled += 1;
        return Promise.resolve({});
      },
    });
  beforeEach(() => {
    handled = 0;
  });
  afterEach(() => {
    expect(handled).toBe(0);
  });

  test.each<[string, Ask]>([
    ['nobody', { as: null }],
    ['a header that is no principal', { as: null, headers: { 'x-ms-client-principal': 'forged' } }],
    [
      'somebody of another tenant',
      {
        as: null,
        headers: {
          'x-ms-client-principal': principalHeader('Administrator', '00000000-0000-4000-8000-000000000001'),
        },
      },
    ],
    [
      'a bearer token, which only the platform may turn into a principal',
      { as: null, headers: { authorization: 'Bearer x' } },
    ],
  ])('%s has to sign in', async (_name, ask) => {
    const answer = await app.ask(counted(), ask);
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    expect(answer.json).toEqual({
      type: problem('sign-in-needed'),
      title: 'Sign in first.',
      status: 401,
      detail: 'The request carries no sign-in that this app accepts.',
    });
  });

  test('a principal is not believed when the platform does not say that authentication is on', async () => {
    const handler = guard(counted(), { ...app.deps, trust: { authenticationOn: false, tenantId } });
    const headers = new Headers({ 'x-ms-client-principal': principalHeader('Administrator') });
    const answer = await handler({ headers, url: origin } as never, {} as never);
    expect(answer).toMatchObject({ status: 401 });
  });

  test.each(['no role', 'Viewer'] as const)('somebody with %s is told which role is needed', async (as) => {
    const answer = await app.ask(counted(), { as });
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({ type: problem('role-needed'), status: 403, role: 'Contributor' });
  });

  test.each<[string, Record<string, string>]>([
    ['another site, by its origin', { origin: 'https://evil.example' }],
    ['another site, by what the browser says of it', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site', { 'sec-fetch-site': 'same-site', cookie: 'AppServiceAuthSession=x' }],
    ['an address typed into the browser', { 'sec-fetch-site': 'none', cookie: 'AppServiceAuthSession=x' }],
    ['an unknown page, with the cookie of the session', { cookie: 'AppServiceAuthSession=x' }],
    ['a page without an origin', { origin: 'null' }],
    ['this host by another scheme', { origin: 'http://app.example.com' }],
  ])('a change that comes from %s', async (_name, headers) => {
    const answer = await app.ask(counted({ method: 'POST' }), { headers });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ type: problem('foreign-origin') });
  });
});

test.each<[string, Record<string, string>]>([
  ['a page of this app', { origin, cookie: 'AppServiceAuthSession=x' }],
  [
    'a page of this app, by what the browser says',
    { 'sec-fetch-site': 'same-origin', cookie: 'AppServiceAuthSession=x' },
  ],
  ['a program with a bearer token', { authorization: 'Bearer x' }],
])('a change may come from %s', async (_name, headers) => {
  await expect(app.ask(route({ method: 'POST' }), { headers })).resolves.toMatchObject({ status: 200 });
});

test('reading is allowed from anywhere: it changes nothing', async () => {
  await expect(app.ask(route(), { headers: { origin: 'https://evil.example' } })).resolves.toMatchObject({
    status: 200,
  });
});

describe('what goes wrong', () => {
  const secret = 'secret.person@example.com and a stack';
  const failing = (error: Error) => route({ handle: () => Promise.reject(error) });

  test('is a problem of its own when the route says so', async () => {
    const answer = await app.ask(failing(new Problem(409, 'busy', 'It is busy.', 'Wait.', { since: 5 })));
    expect(answer.status).toBe(409);
    expect(answer.json).toEqual({
      type: problem('busy'),
      title: 'It is busy.',
      status: 409,
      detail: 'Wait.',
      since: 5,
    });
  });

  test('otherwise is a 500 that tells nothing of the error, and an incident that the log names too', async () => {
    const answer = await app.ask(failing(Object.assign(new Error(secret), { code: 'some-code' })));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    const [event] = app.logged.events;
    expect(event).toMatchObject({
      level: 'error',
      event: 'http.failed',
      dimensions: { route: 'sample', code: 'some-code' },
    });
    expect(answer.text).toContain(String(event!.dimensions['incident']));
    expect(app.logged.text()).not.toContain('secret');
  });

  test('is a 500 also when the tables of the app cannot be made', async () => {
    app.world.ready = () => Promise.reject(Object.assign(new Error(secret), { statusCode: 503 }));
    const answer = await app.ask(route());
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
    expect(app.logged.events[0]).toMatchObject({ dimensions: { code: 'http-503' } });
  });
});

test('nobody makes the app touch its storage without a sign-in', async () => {
  let touched = 0;
  app.world.ready = () => {
    touched += 1;
    return Promise.resolve();
  };
  await app.ask(route(), { as: null });
  await app.ask(route(), { as: 'Viewer' });
  expect(touched).toBe(0);
});
