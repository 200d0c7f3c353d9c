// What goes wrong with tokens: a refresh token must survive whatever can be survived, and nothing secret may be told.
import { tokenLeaseName, tokenSecretName } from '../../shared/constant-contact/token-secret';
import { failureOf, NOON } from './support/client';
import { CLIENT_SECRET, CONNECTION, startTokens, type StartedTokens } from './support/tokens';

const DAY = 86_400_000;

let started: StartedTokens;
beforeEach(async () => {
  started = await startTokens();
});
afterEach(() => started.server.close());

function expectNothingSecret(error: unknown) {
  const told = [
    String(error),
    JSON.stringify(error),
    String((error as Error).cause),
    started.logged.text(),
  ].join('\n');
  expect(told).not.toMatch(/(access|refresh)-(?!token-refused)/);
  expect(told).not.toContain(CLIENT_SECRET);
}

test('a refresh token that is not accepted means that somebody must sign in again', async () => {
  const { tokens, signIn, logged, leases, stored, server } = started;
  signIn('access-0', 'refresh-0', 0);
  const error = await failureOf(tokens.accessToken(CONNECTION));
  expect(error).toMatchObject({
    code: 'reconnect-needed',
    connectionId: CONNECTION,
    reason: 'refresh-token-refused',
  });
  expect(error).toMatchObject({ cause: { code: 'request-refused', errorKey: 'invalid_grant', status: 400 } });
  expect(logged.events.at(-1)).toMatchObject({ level: 'error', event: 'constant-contact.reconnect-needed' });
  expect(leases.held()).toEqual([]);
  expect(stored()).toMatchObject({ refreshToken: 'refresh-0' });
  expect(server.requests).toHaveLength(1);
  expectNothingSecret(error);
});

test.each([
  ['with a token that is good', DAY, 'access-from-elsewhere', 1],
  ['with a token that must be renewed', 0, 'access-2', 2],
])('a second look finds what somebody else stored meanwhile, %s', async (_, life, expected, requests) => {
  const { tokens, signIn, state, server } = started;
  signIn('access-0', 'refresh-0', 0);
  state.onTheWay = (answer) => {
    if (answer.status === 400) signIn('access-from-elsewhere', 'refresh-1', life);
    return answer;
  };
  expect(await tokens.accessToken(CONNECTION)).toBe(expected);
  expect(server.requests).toHaveLength(requests);
});

test('the second look is the last: it does not go on for ever', async () => {
  const { tokens, signIn, state, server } = started;
  signIn('access-0', 'refresh-0', 0);
  let others = 0;
  state.onTheWay = (answer) => {
    others += 1;
    signIn('access-0', `refresh-unknown-${others}`, 0);
    return answer;
  };
  expect(await failureOf(tokens.accessToken(CONNECTION))).toMatchObject({ code: 'reconnect-needed' });
  expect(server.requests).toHaveLength(2);
});

test.each([
  'not JSON at all: access-1',
  '{"accessToken":"access-1"}',
  JSON.stringify({ accessToken: 'access-1\n', refreshToken: 'refresh-1', expiresAt: '2026-04-28T12:00:00Z' }),
])('a secret that holds no tokens (%#) means that somebody must sign in again', async (secret) => {
  const { tokens, secrets, server } = started;
  secrets.stored.set(tokenSecretName(CONNECTION), secret);
  const error = await failureOf(tokens.accessToken(CONNECTION));
  expect(error).toMatchObject({ code: 'reconnect-needed', reason: 'unreadable' });
  expect(server.requests).toHaveLength(0);
  expectNothingSecret(error);
});

test.each([
  [400, { error: 'invalid_client' }],
  [401, { error: 'invalid_client', error_description: 'wrong' }],
  [401, ''],
])(
  'when the client itself is not accepted (%i %j), its secret must be put right, and nobody signs in again',
  async (status, body) => {
    const { tokens, signIn, state, stored } = started;
    signIn('access-1', 'refresh-1', 0);
    state.onTheWay = () => ({ status, body });
    const error = await failureOf(tokens.accessToken(CONNECTION));
    expect(error).toMatchObject({
      code: 'client-secret-refused',
      secretName: 'client-secret',
      reason: 'refused',
    });
    expect(stored()).toMatchObject({ refreshToken: 'refresh-1' });
    expectNothingSecret(error);
  },
);

test('a client secret that is not in the vault is named, and nothing is sent', async () => {
  const { tokens, signIn, secrets, server } = started;
  signIn('access-1', 'refresh-1', 0);
  secrets.stored.delete('client-secret');
  const error = await failureOf(tokens.accessToken(CONNECTION));
  expect(error).toMatchObject({ code: 'client-secret-refused', reason: 'missing' });
  expect(String(error)).toContain('"client-secret"');
  expect(server.requests).toHaveLength(0);
});

test.each([
  [{ status: 503, body: 'down' }, { code: 'service-unavailable' }],
  [
    { status: 400, body: { error: 'invalid_request' } },
    { code: 'request-refused', errorKey: 'invalid_request' },
  ],
  [{ status: 200, body: { refresh_token: 'refresh-x' } }, { code: 'unexpected-answer' }],
  [{ status: 302, headers: { location: '/elsewhere' } }, { code: 'unexpected-answer' }],
])('a fault of the token endpoint (%j) changes nothing, and the next try works', async (answer, facts) => {
  const { tokens, signIn, state, stored, leases } = started;
  signIn('access-1', 'refresh-1', 0);
  const { onTheWay } = state;
  state.onTheWay = () => {
    state.generation = 1;
    return answer;
  };
  const error = await failureOf(tokens.accessToken(CONNECTION));
  expect(error).toMatchObject({ ...facts, path: '/oauth2/token' });
  expect(stored()).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1' });
  expect(leases.held()).toEqual([]);
  expectNothingSecret(error);
  state.onTheWay = onTheWay;
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
});

test('a throttled renewal waits a second and is made again', async () => {
  const { tokens, signIn, state, time, slots } = started;
  signIn('access-1', 'refresh-1', 0);
  const { onTheWay } = state;
  state.onTheWay = () => {
    state.generation = 1;
    state.onTheWay = onTheWay;
    return { status: 429, body: 'slow down' };
  };
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
  expect(time.sleeps).toEqual([1250]);
  expect(slots).toHaveLength(2);
});

test('an answer that is lost after the refresh token was used up ends in a new sign-in, as nothing else can', async () => {
  const { tokens, signIn, state } = started;
  signIn('access-1', 'refresh-1', 0);
  const { onTheWay } = state;
  state.onTheWay = () => undefined;
  expect(await failureOf(tokens.accessToken(CONNECTION))).toMatchObject({
    code: 'unreachable',
    outcomeUnknown: true,
  });
  state.onTheWay = onTheWay;
  expect(await failureOf(tokens.accessToken(CONNECTION))).toMatchObject({ code: 'reconnect-needed' });
});

test('a vault that fails for a moment loses no refresh token', async () => {
  const { tokens, signIn, secrets, stored } = started;
  signIn('access-1', 'refresh-1', 0);
  let faults = 3;
  secrets.before = (access) => {
    if (access === 'set' && faults-- > 0) throw new Error('the vault is busy');
  };
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
  expect(stored()).toMatchObject({ refreshToken: 'refresh-2' });
});

test('a vault that fails for longer gets the new tokens at the next call, and nobody gets them before', async () => {
  const { tokens, signIn, secrets, stored, server } = started;
  signIn('access-1', 'refresh-1', 0);
  secrets.before = (access) => {
    if (access === 'set') throw new Error('the vault is away');
  };
  const error = await failureOf(tokens.accessToken(CONNECTION));
  expect(error).toMatchObject({ code: 'tokens-not-stored', cause: { message: 'the vault is away' } });
  expectNothingSecret(error);
  expect(stored()).toMatchObject({ refreshToken: 'refresh-1' });
  secrets.before = () => undefined;
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
  expect(stored()).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' });
  expect(server.requests).toHaveLength(1);
});

test('a new sign-in during a renewal stands, and is not overwritten', async () => {
  const { tokens, signIn, state, stored } = started;
  signIn('access-1', 'refresh-1', 0);
  state.onTheWay = (answer) => {
    signIn('access-signed-in', 'refresh-signed-in', DAY);
    return answer;
  };
  expect(await tokens.accessToken(CONNECTION)).toBe('access-signed-in');
  expect(stored()).toMatchObject({ refreshToken: 'refresh-signed-in' });
});

test('a connection that is removed during a renewal stays removed', async () => {
  const { tokens, signIn, state, secrets, stored } = started;
  signIn('access-1', 'refresh-1', 0);
  state.onTheWay = (answer) => {
    secrets.stored.delete(tokenSecretName(CONNECTION));
    return answer;
  };
  expect(await failureOf(tokens.accessToken(CONNECTION))).toMatchObject({
    code: 'reconnect-needed',
    reason: 'not-signed-in',
  });
  expect(stored()).toBeNull();
});

test('a lease that is lost during a renewal is told, and the new tokens are stored all the same', async () => {
  const { tokens, signIn, state, leases, logged, stored } = started;
  signIn('access-1', 'refresh-1', 0);
  state.onTheWay = (answer) => {
    leases.lose(tokenLeaseName(CONNECTION));
    return answer;
  };
  expect(await tokens.accessToken(CONNECTION)).toBe('access-2');
  expect(stored()).toMatchObject({ refreshToken: 'refresh-2' });
  expect(logged.events).toContainEqual(
    expect.objectContaining({ event: 'constant-contact.token-lease-lost' }),
  );
});

test('who waits for a renewal elsewhere takes what it brings', async () => {
  const { tokens, signIn, leases, secrets, server } = started;
  signIn('access-1', 'refresh-1', 0);
  await leases.lease.acquire(tokenLeaseName(CONNECTION), 60);
  let reads = 0;
  secrets.before = (access) => {
    reads += 1;
    if (access === 'get' && reads === 3) signIn('access-from-elsewhere', 'refresh-2', DAY);
  };
  expect(await tokens.accessToken(CONNECTION)).toBe('access-from-elsewhere');
  expect(server.requests).toHaveLength(0);
});

test('a renewal elsewhere that never ends is given up, after longer than a lease can last', async () => {
  const { tokens, signIn, leases, time, server } = started;
  signIn('access-1', 'refresh-1', 0);
  await leases.lease.acquire(tokenLeaseName(CONNECTION), 60);
  expect(await failureOf(tokens.accessToken(CONNECTION))).toMatchObject({
    code: 'token-renewal-busy',
    connectionId: CONNECTION,
  });
  expect(time.clock.now() - NOON).toBeGreaterThan(60_000);
  expect(server.requests).toHaveLength(0);
});
