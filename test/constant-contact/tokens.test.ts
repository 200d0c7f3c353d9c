// Access tokens: when they are renewed, by whom, and what is stored.
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { NOON } from './support/client';
import { CLIENT_SECRET, CONNECTION, startTokens, type StartedTokens } from './support/tokens';

const HOUR = 3_600_000;

let started: StartedTokens;
beforeEach(async () => {
  started = await startTokens();
});
afterEach(() => started.server.close());

test('a token that is good for hours is used as it is, and the vault is asked once', async () => {
  const { tokens, signIn, secrets, server } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  let reads = 0;
  secrets.before = () => void (reads += 1);
  expect(await tokens.accessToken(CONNECTION)).toBe('access-1');
  expect(await tokens.accessToken(CONNECTION)).toBe('access-1');
  expect(reads).toBe(1);
  expect(server.requests).toHaveLength(0);
});

test('a token that ends soon is renewed by the documented request, in a slot of the budget', async () => {
  const { tokens, signIn, server, slots, stored } = started;
  signIn('access-1', 'refresh-1', 60_000);
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
  expect(slots).toHaveLength(1);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    url: '/oauth2/default/v1/token',
    headers: {
      authorization: `Basic ${Buffer.from(`client id:${CLIENT_SECRET}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
  });
  expect(server.requests[0]?.body.toString()).toBe('grant_type=refresh_token&refresh_token=refresh-1');
  expect(stored()).toEqual({
    accessToken: 'access-2',
    refreshToken: 'refresh-2',
    expiresAt: new Date(NOON + 24 * HOUR).toISOString(),
    obtainedAt: new Date(NOON).toISOString(),
    kind: 'rotating',
  });
});

test('a token is renewed when it ends, day after day', async () => {
  const { tokens, signIn, time, server } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  for (const expected of ['access-1', 'access-2', 'access-3']) {
    expect(await tokens.accessToken(CONNECTION)).toBe(expected);
    time.advance(24 * HOUR - 60_000);
  }
  expect(server.requests).toHaveLength(2);
});

test('the new refresh token is stored before anybody gets the access token', async () => {
  const { tokens, signIn, secrets, leases } = started;
  signIn('access-1', 'refresh-1', 0);
  let given = false;
  secrets.before = (access) => {
    if (access === 'set') expect(given).toBe(false);
  };
  const token = await tokens.accessToken(CONNECTION);
  given = true;
  expect(token).toBe('access-2');
  expect(secrets.history).toHaveLength(1);
  expect(leases.held()).toEqual([]);
});

test('a refused token is renewed, although it should still be good', async () => {
  const { tokens, signIn } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  expect(await tokens.accessToken(CONNECTION)).toBe('access-1');
  expect(await tokens.accessToken(CONNECTION, { refuse: 'access-1' })).toBe('access-2');
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
});

test('a refused token that somebody has renewed meanwhile is not renewed again', async () => {
  const { tokens, instance, signIn, server } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  await tokens.accessToken(CONNECTION);
  await instance().accessToken(CONNECTION, { refuse: 'access-1' });
  expect(await tokens.accessToken(CONNECTION, { refuse: 'access-1' })).toBe('access-2');
  expect(server.requests).toHaveLength(1);
});

test('many callers in many instances make one renewal', async () => {
  const { instance, signIn, server, stored } = started;
  signIn('access-1', 'refresh-1', 0);
  const callers = Array.from({ length: 5 }, instance).flatMap((tokens) =>
    Array.from({ length: 5 }, () => tokens.accessToken(CONNECTION)),
  );
  expect(new Set(await Promise.all(callers))).toEqual(new Set(['access-2']));
  expect(server.requests).toHaveLength(1);
  expect(stored()).toMatchObject({ refreshToken: 'refresh-2' });
});

test('a caller that joins a renewal under way does not get the token that it refused', async () => {
  const { tokens, signIn } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  const [plain, refusing] = await Promise.all([
    tokens.accessToken(CONNECTION),
    tokens.accessToken(CONNECTION, { refuse: 'access-1' }),
  ]);
  expect([plain, refusing]).toEqual(['access-1', 'access-2']);
});

test('a long-lived refresh token stays, and one that does not come back is never overwritten by nothing', async () => {
  const longLived = await startTokens({ longLived: true });
  try {
    longLived.signIn('access-1', 'refresh-long-lived', 0);
    expect(await longLived.tokens.accessToken(CONNECTION)).toBe('access-2');
    expect(longLived.stored()).toMatchObject({ refreshToken: 'refresh-long-lived' });
    for (const refresh_token of [undefined, null, '']) {
      const before = longLived.stored()?.accessToken;
      longLived.state.onTheWay = ({ body }) => ({ body: { ...(body as object), refresh_token } });
      const after = await longLived.tokens.accessToken(CONNECTION, { refuse: before! });
      expect(longLived.stored()).toMatchObject({ accessToken: after, refreshToken: 'refresh-long-lived' });
    }
  } finally {
    await longLived.server.close();
  }
});

test.each([
  ['does not tell its life', undefined, HOUR],
  ['tells a point in time as its life', 1_777_377_600, 24 * HOUR],
  ['tells its life as text', '7200', 2 * HOUR],
])('an answer that %s loses no refresh token, and is used with care', async (_, expires_in, life) => {
  const { tokens, signIn, state, stored } = started;
  signIn('access-1', 'refresh-1', 0);
  state.onTheWay = ({ body }) => ({ body: { ...(body as object), expires_in } });
  await tokens.accessToken(CONNECTION);
  expect(stored()).toMatchObject({
    refreshToken: 'refresh-2',
    expiresAt: new Date(NOON + life).toISOString(),
  });
});

test('after some minutes the vault is asked again, so a connection that was removed is found out', async () => {
  const { tokens, signIn, secrets, time } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  await tokens.accessToken(CONNECTION);
  secrets.stored.delete(tokenSecretName(CONNECTION));
  expect(await tokens.accessToken(CONNECTION)).toBe('access-1');
  time.advance(10 * 60_000);
  await expect(tokens.accessToken(CONNECTION)).rejects.toMatchObject({
    code: 'reconnect-needed',
    reason: 'not-signed-in',
  });
});

test('what was remembered can be forgotten at once', async () => {
  const { tokens, signIn } = started;
  signIn('access-1', 'refresh-1', 24 * HOUR);
  await tokens.accessToken(CONNECTION);
  signIn('access-from-a-new-sign-in', 'refresh-1', 24 * HOUR);
  tokens.forget(CONNECTION);
  expect(await tokens.accessToken(CONNECTION)).toBe('access-from-a-new-sign-in');
});

test('each connection has a secret of its own, by a name that Key Vault takes', () => {
  expect(tokenSecretName('abc234')).toBe('constant-contact-tokens-abc234');
  for (const id of [
    '',
    'ab',
    'ABC',
    'a-b',
    'a/b',
    '../abc',
    'a_b',
    'a.b',
    'a%2fb',
    'abc\n',
    'a😀b',
    'a'.repeat(33),
  ])
    expect(() => tokenSecretName(id)).toThrow(TypeError);
});
