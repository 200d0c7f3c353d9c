// The emulated sign-in and token endpoint.
import { createHash } from 'node:crypto';
import { makeCaller, readReply, startForTest, type Reply } from './constant-contact-caller';

type Started = Awaited<ReturnType<typeof startForTest>>;
let started: Started;

async function start(options?: Parameters<typeof startForTest>[0]): Promise<Started> {
  return (started = await startForTest({ ...options, limits: { tokenPerSecond: 100, ...options?.limits } }));
}
afterEach(() => started.emulator.stop());

const redirectUri = 'http://127.0.0.1:7071/api/sign-in/callback';
const day = 86_400_000;
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

const authorizeUrl = ({ emulator }: Started, more: Record<string, string> = {}) =>
  `${emulator.authorizeUrl}?${new URLSearchParams({
    client_id: emulator.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'contact_data account_read offline_access',
    state: 'state-1',
    ...more,
  }).toString()}`;

/** Signs in, and answers where the browser is sent. */
async function signIn(started: Started, more: Record<string, string> = {}): Promise<URL> {
  const response = await fetch(authorizeUrl(started, { auto_approve: 'true', ...more }), {
    redirect: 'manual',
  });
  expect(response.status).toBe(302);
  return new URL(response.headers.get('location') ?? '');
}

async function ask(
  { emulator }: Started,
  form: Record<string, string>,
  authorization = basic(emulator.clientId, emulator.clientSecret),
): Promise<Reply> {
  return readReply(
    await fetch(emulator.tokenUrl, {
      method: 'POST',
      headers: authorization ? { authorization } : {},
      body: new URLSearchParams(form),
    }),
  );
}

const askByCode = (
  started: Started,
  code: string,
  more: Record<string, string> = {},
  authorization?: string,
) =>
  ask(started, { grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...more }, authorization);
const refresh = (started: Started, token: string) =>
  ask(started, { grant_type: 'refresh_token', refresh_token: token });
const tokensOf = ({ body }: Reply) => body as { access_token: string; refresh_token: string };
const invalidGrant = {
  status: 400,
  body: { error: 'invalid_grant', error_description: expect.any(String) as string },
};

test('the sign-in page asks a person, whose consent sends the browser back with a code and the state', async () => {
  const started = await start();
  const page = await fetch(authorizeUrl(started, { state: '"><script>' }));
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toContain('<form method="post"');
  expect(html).not.toContain('<script>');

  const allowed = await fetch(started.emulator.authorizeUrl, {
    method: 'POST',
    redirect: 'manual',
    body: new URL(authorizeUrl(started)).searchParams,
  });
  const back = new URL(allowed.headers.get('location') ?? '');
  expect(back.origin + back.pathname).toBe(redirectUri);
  expect(back.searchParams.get('state')).toBe('state-1');
  const answer = await askByCode(started, back.searchParams.get('code') ?? '');
  expect(answer).toMatchObject({
    status: 200,
    body: { token_type: 'Bearer', expires_in: 86_400, scope: 'contact_data account_read offline_access' },
  });
  const { access_token: accessToken, refresh_token: refreshToken } = tokensOf(answer);
  expect(accessToken.length).toBeGreaterThan(999);
  expect(accessToken.length).toBeLessThan(1_201);
  expect(refreshToken).toHaveLength(42);
  expect((await makeCaller(started.emulator, accessToken).get('/account/summary')).status).toBe(200);
});

test('a person can deny, and can sign in to another account', async () => {
  const started = await start();
  expect((await signIn(started, { deny: 'true' })).searchParams.get('error')).toBe('access_denied');
  const back = await signIn(started, { account: 'another' });
  const { access_token: token } = tokensOf(await askByCode(started, back.searchParams.get('code') ?? ''));
  expect(await makeCaller(started.emulator, token).get('/account/summary')).toMatchObject({
    body: { encoded_account_id: 'another' },
  });
});

test('the sign-in page can fail as an OAuth server fails, and sends the state back with the error', async () => {
  const back = await signIn(await start(), { fail: 'server_error' });
  expect(back.searchParams.get('error')).toBe('server_error');
  expect(back.searchParams.get('state')).toBe('state-1');
  expect(back.searchParams.has('code')).toBe(false);
});

test('scopes stand apart with a blank, written as "+" or "%20"; a plus sign itself joins nothing', async () => {
  const { emulator } = await start();
  const asked = (scope: string) => {
    const url = new URL(authorizeUrl(started, { auto_approve: 'true' }));
    url.searchParams.delete('scope');
    return fetch(`${url.href}&scope=${scope}`, { redirect: 'manual' });
  };
  expect(emulator.authorizeUrl).toContain('/oauth2/default/v1/authorize');
  expect((await asked('contact_data+offline_access')).status).toBe(302);
  expect((await asked('contact_data%20offline_access')).status).toBe(302);
  expect((await asked('contact_data%2Boffline_access')).status).toBe(400);
});

test('the sign-in page refuses an unknown client, a foreign address to return to, and a wrong scope', async () => {
  const started = await start();
  const wrong = [
    { client_id: 'x' },
    { redirect_uri: 'https://elsewhere.example/' },
    { scope: 'everything' },
    { response_type: 'token' },
  ];
  for (const more of wrong)
    expect((await fetch(authorizeUrl(started, more), { redirect: 'manual' })).status).toBe(400);
});

test('a code works once, for five minutes, with the address that it was sent to', async () => {
  const started = await start();
  const code = async () => (await signIn(started)).searchParams.get('code') ?? '';
  const used = await code();
  expect((await askByCode(started, used)).status).toBe(200);
  expect(await askByCode(started, used)).toMatchObject(invalidGrant);
  expect(await askByCode(started, await code(), { redirect_uri: `${redirectUri}/x` })).toMatchObject(
    invalidGrant,
  );
  const old = await code();
  started.clock.advance(5 * 60_000);
  expect(await askByCode(started, old)).toMatchObject(invalidGrant);
});

test('with PKCE, the verifier must fit the challenge', async () => {
  const started = await start();
  const verifier = 'v'.repeat(43);
  const challenge = {
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const code = async () => (await signIn(started, challenge)).searchParams.get('code') ?? '';
  expect((await askByCode(started, await code(), { code_verifier: verifier })).status).toBe(200);
  expect(await askByCode(started, await code(), { code_verifier: 'wrong' })).toMatchObject(invalidGrant);
  expect(await askByCode(started, await code())).toMatchObject(invalidGrant);
  const alone = { code_verifier: verifier, client_id: started.emulator.clientId };
  expect((await askByCode(started, await code(), alone, '')).status).toBe(200);
});

test('a rotating refresh token works once, and a new set ends every one before it, not the access tokens', async () => {
  const started = await start();
  const first = started.emulator.issueTokens();
  const second = tokensOf(await refresh(started, first.refresh_token ?? ''));
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(await refresh(started, first.refresh_token ?? '')).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'The refresh token is invalid or expired.' },
  });
  expect((await makeCaller(started.emulator, first.access_token).get('/contact_lists')).status).toBe(200);
  started.emulator.issueTokens();
  expect(await refresh(started, second.refresh_token)).toMatchObject(invalidGrant);
});

test('a long-lived refresh token stays the same, and lives on from each use', async () => {
  const client = { clientId: 'client', clientSecret: 'secret', refreshTokens: 'long-lived' } as const;
  const started = await start({ clients: [client] });
  const { refresh_token: token = '' } = started.emulator.issueTokens();
  started.clock.advance(179 * day);
  expect(tokensOf(await refresh(started, token)).refresh_token).toBe(token);
  started.clock.advance(179 * day);
  expect((await refresh(started, token)).status).toBe(200);
  started.clock.advance(180 * day);
  expect(await refresh(started, token)).toMatchObject(invalidGrant);
});

test('without the scope offline_access there is no refresh token', async () => {
  const started = await start();
  const back = await signIn(started, { scope: 'contact_data' });
  const answer = await askByCode(started, back.searchParams.get('code') ?? '');
  expect(answer.body).not.toHaveProperty('refresh_token');
});

test('a wrong secret is 401 invalid_client, an unknown grant type 400', async () => {
  const started = await start();
  const { refresh_token: token = '' } = started.emulator.issueTokens();
  const form = { grant_type: 'refresh_token', refresh_token: token };
  expect(await ask(started, form, basic(started.emulator.clientId, 'wrong'))).toMatchObject({
    status: 401,
    body: { error: 'invalid_client', error_description: expect.any(String) as string },
  });
  expect((await ask(started, form, '')).status).toBe(401);
  expect((await refresh(started, token)).status).toBe(200);
  expect(await ask(started, { grant_type: 'password' })).toMatchObject({
    status: 400,
    body: { error: 'unsupported_grant_type' },
  });
});

test('the token endpoint takes its parameters from the query too', async () => {
  const started = await start();
  const { emulator } = started;
  const query = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: emulator.issueTokens().refresh_token ?? '',
  });
  const headers = { authorization: basic(emulator.clientId, emulator.clientSecret) };
  expect((await fetch(`${emulator.tokenUrl}?${query.toString()}`, { method: 'POST', headers })).status).toBe(
    200,
  );
});

test('the token endpoint lets one request pass in any second, apart from the other limits', async () => {
  const started = await start({ limits: { tokenPerSecond: 1 } });
  const first = started.emulator.issueTokens();
  const second = tokensOf(await refresh(started, first.refresh_token ?? ''));
  expect((await refresh(started, second.refresh_token)).status).toBe(429);
  expect(started.emulator.state()).toMatchObject({ violations: [{ kind: 'token-per-second' }], usage: [] });
  started.clock.advance(1_000);
  expect((await refresh(started, second.refresh_token)).status).toBe(200);
});

test('an answer lost after the rotation leaves the caller with a token that no longer works', async () => {
  const started = await start();
  const { refresh_token: token = '' } = started.emulator.issueTokens();
  started.emulator.failRequest({ path: '/oauth2/', action: { kind: 'drop', when: 'after' } });
  await expect(refresh(started, token)).rejects.toThrow();
  expect(await refresh(started, token)).toMatchObject(invalidGrant);
});

test('revoked tokens are refused: access alone until a refresh, or all', async () => {
  const started = await start();
  const tokens = started.emulator.issueTokens();
  started.emulator.revokeTokens('access');
  expect((await makeCaller(started.emulator, tokens.access_token).get('/contact_lists')).status).toBe(401);
  const next = tokensOf(await refresh(started, tokens.refresh_token ?? ''));
  expect((await makeCaller(started.emulator, next.access_token).get('/contact_lists')).status).toBe(200);
  started.emulator.revokeTokens('all');
  expect(await refresh(started, next.refresh_token)).toMatchObject(invalidGrant);
});
