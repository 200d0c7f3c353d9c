// Sign-in at Constant Contact: the emulator's sign-in page, token endpoint and API, over HTTP. Whatever fails, nothing is stored.
import * as fc from 'fast-check';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { failureOf } from '../constant-contact/support/client';
import { makeMemoryLease, makeMemorySecrets } from '../constant-contact/support/memory-stores';
import {
  ada,
  bob,
  DAY,
  longLived,
  startConnections,
  type ConnectionsWorld,
} from './support/connections-world';

let world: ConnectionsWorld;
const start = async (options?: Parameters<typeof startConnections>[0]) =>
  (world = await startConnections(options));
afterEach(() => world.stop());

/** Nobody has signed in to it. */
async function expectNothingStored(id: string) {
  expect(world.stored(id)).toBeNull();
  expect(await world.connections.get(id)).toMatchObject({ account: null, exportUser: null });
  expect(await world.healthOf(id)).toMatchObject({ state: 'Sign-in needed', tokens: null });
}

test('the browser is sent to Constant Contact with the documented parameters, and the scopes apart by "+"', async () => {
  const { signIn, makeConnection, emulator, table } = await start();
  const id = await makeConnection();
  const { url, expiresAt } = await signIn.start(id, ada);
  const address = new URL(url);
  expect(address.origin + address.pathname).toBe(emulator.authorizeUrl);
  const { state, ...rest } = Object.fromEntries(address.searchParams);
  expect(rest).toEqual({
    client_id: emulator.clientId,
    redirect_uri: 'http://127.0.0.1:7071/api/sign-in/callback',
    response_type: 'code',
    scope: 'account_read contact_data offline_access',
  });
  expect(url).toContain('scope=account_read+contact_data+offline_access');
  expect(Buffer.from(state ?? '', 'base64url')).toHaveLength(32);
  expect(expiresAt).toBe('2026-04-28T12:10:00.000Z');
  expect(JSON.stringify([...table.dump()])).not.toContain(state);
});

test('who signs in becomes the export user; the account is pinned, and the connection works', async () => {
  const { signIn, makeConnection, comeBack, constantContact } = await start();
  const id = await makeConnection();
  const connected = await signIn.finish(await comeBack(id), ada);
  expect(connected).toMatchObject({
    account: { id: 'a07e1local0acc', organization: 'Emulated Organisation' },
    exportUser: { signedInBy: ada, signedInAt: expect.stringMatching(/^2026-04-28T12:00:00/) as string },
  });
  expect(await world.connections.get(id)).toEqual(connected);
  expect(await world.healthOf(id)).toMatchObject({
    state: 'Connected',
    organization: 'Emulated Organisation',
    tokens: {
      kind: null,
      endsAt: expect.stringMatching(/^2026-10-25T12:00:00/) as string,
      accessTokenEndsAt: expect.stringMatching(/^2026-04-29T12:00:00/) as string,
    },
  });
  const list = await constantContact(id).createContactList('News');
  expect(await constantContact(id).contactLists()).toEqual([{ ...list, members: 0 }]);
  expect(world.emulator.state().violations).toEqual([]);
});

test('before the agreement is accepted, nobody is sent anywhere', async () => {
  const { manage, signIn } = await start();
  const { value } = await manage.create(
    { name: 'New', sharedWith: 'administrators', contactLimit: null },
    ada,
  );
  expect(await failureOf(signIn.start(value.id, ada))).toMatchObject({
    code: 'consent-needed',
    version: '1',
  });
});

test('a sign-in of a connection that is not there, or of what is no id, is not begun', async () => {
  const { signIn } = await start();
  for (const id of ['absent', '../main', 'a/b', 'x'.repeat(1_000), '😀😀😀', ''])
    expect(await failureOf(signIn.start(id, ada))).toMatchObject({ code: 'connection-missing' });
});

test('without an address to come back to, nobody is sent away', async () => {
  const { signIn, makeConnection } = await start({ redirectUrl: undefined });
  expect(await failureOf(signIn.start(await makeConnection(), ada))).toMatchObject({
    code: 'redirect-address-missing',
  });
});

test('a state works once: when it comes back again, also at the same time, one sign-in is made', async () => {
  const { makeConnection, comeBack, instance } = await start();
  const id = await makeConnection();
  const back = await comeBack(id);
  const apps = [instance(), instance(), instance()];
  const outcomes = await Promise.allSettled(apps.map(({ signIn }) => signIn.finish(back, ada)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(await failureOf(world.signIn.finish(back, ada))).toMatchObject({ code: 'sign-in-used' });
  expect(world.stored(id)).not.toBeNull();
});

test('a state that comes back late is refused', async () => {
  const { makeConnection, comeBack, time, signIn } = await start();
  const id = await makeConnection();
  const back = await comeBack(id);
  time.advance(600_000);
  expect(await failureOf(signIn.finish(back, ada))).toMatchObject({ code: 'sign-in-expired' });
  await expectNothingStored(id);
});

test('a state of somebody else is refused, and is still good for whoever began', async () => {
  const { makeConnection, comeBack, signIn } = await start();
  const id = await makeConnection();
  const back = await comeBack(id);
  expect(await failureOf(signIn.finish(back, bob))).toMatchObject({ code: 'sign-in-of-another' });
  await expectNothingStored(id);
  await expect(signIn.finish(back, ada)).resolves.toMatchObject({ exportUser: { signedInBy: ada } });
});

test('whatever is no state of ours is unknown, and is asked of no table unless it looks like one', async () => {
  await start();
  const odd = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('../sign-in', 'a/b', '😀', 'x'.repeat(1_000), "' or 1 eq 1", 'A'.repeat(43)),
  );
  await fc.assert(
    fc.asyncProperty(fc.option(odd, { nil: undefined }), async (state) => {
      const error = await failureOf(world.signIn.finish({ state, code: 'code' }, ada));
      expect(error).toMatchObject({ code: 'sign-in-unknown' });
    }),
  );
});

test('states that ended long ago are swept when somebody begins anew', async () => {
  const { signIn, makeConnection, time, table } = await start();
  const id = await makeConnection();
  const pending = () => [...table.dump().keys()].filter((key) => key.startsWith('sign-in/')).length;
  await signIn.start(id, ada);
  await signIn.start(id, ada);
  expect(pending()).toBe(2);
  time.advance(2 * DAY);
  await signIn.start(id, ada);
  expect(pending()).toBe(1);
});

test.each([
  ['the person says no', { deny: 'true' }, 'sign-in-denied'],
  ['Constant Contact fails', { fail: 'server_error' }, 'sign-in-refused'],
  ['an error comes that OAuth does not know', { fail: '<script>alert(1)</script>' }, 'sign-in-refused'],
  ['no lasting access is granted', { scope: 'contact_data account_read' }, 'refresh-token-missing'],
  ['the scope of the account is missing', { scope: 'contact_data offline_access' }, 'privilege-missing'],
  ['the scope of contacts is missing', { scope: 'account_read offline_access' }, 'privilege-missing'],
])('when %s, nothing is stored, and the error says what to do', async (_, more, code) => {
  const { makeConnection, comeBack, signIn } = await start();
  const id = await makeConnection();
  const back = await comeBack(id, more);
  const error = await failureOf(signIn.finish(back, ada));
  expect(error).toMatchObject({ code, connectionId: id });
  expect(String(error)).not.toContain('script');
  await expectNothingStored(id);
  // The state is used up: what failed is begun anew.
  expect(await failureOf(signIn.finish(back, ada))).toMatchObject({ code: 'sign-in-used' });
});

test.each([
  ['account:read', 'account'],
  ['contacts:write', 'import'],
])('a person without the privilege %s is told at once', async (privilege, what) => {
  const { makeConnection, comeBack, signIn, emulator } = await start();
  const id = await makeConnection();
  const privileges = ['contacts:read', 'contacts:write', 'contacts:lists:read', 'account:read'];
  emulator.setSwitches({ privileges: privileges.filter((each) => each !== privilege) });
  const error = await failureOf(signIn.finish(await comeBack(id), ada));
  expect(error).toMatchObject({ code: 'privilege-missing', what });
  await expectNothingStored(id);
});

test.each([undefined, '', 'made up', 'a\nb', '😀', 'x'.repeat(3_000)])(
  'a code that is none (%#) brings nothing',
  async (code) => {
    const { makeConnection, comeBack, signIn } = await start();
    const id = await makeConnection();
    const { state } = await comeBack(id);
    const error = await failureOf(signIn.finish({ state, code }, ada));
    expect(error).toMatchObject({ code: 'sign-in-refused' });
    await expectNothingStored(id);
  },
);

test('a code that Constant Contact did not give, gave long ago, or gave once already, is refused', async () => {
  const { makeConnection, comeBack, signIn, time } = await start();
  const id = await makeConnection();
  const used = await comeBack(id);
  await signIn.finish(used, ada);
  const late = await comeBack(id);
  time.advance(5 * 60_000);
  for (const code of ['made-up', used.code, late.code]) {
    const { state } = await comeBack(id);
    const error = await failureOf(signIn.finish({ state, code }, ada));
    expect(error).toMatchObject({ code: 'sign-in-code-refused', connectionId: id });
    expect(String(error)).not.toContain(code);
  }
});

test('with PKCE, a code of another sign-in is refused; its own works', async () => {
  const { makeConnection, comeBack, signIn } = await start({ pkce: true });
  const [one, two] = [await makeConnection('One'), await makeConnection('Two')];
  const [ofOne, ofTwo] = [
    await comeBack(one, { account: 'first' }),
    await comeBack(two, { account: 'second' }),
  ];
  const mixed = { state: ofTwo.state, code: ofOne.code };
  expect(await failureOf(signIn.finish(mixed, ada))).toMatchObject({ code: 'sign-in-code-refused' });
  await expectNothingStored(two);
  await expect(signIn.finish(await comeBack(one), ada)).resolves.toMatchObject({ id: one });
});

test('another account than the pinned one is refused, and so is the code of a connection to another one', async () => {
  const { connect, comeBack, signIn } = await start();
  const [first, second] = [await connect('First', 'first'), await connect('Second', 'second')];
  const before = world.stored(first);
  const error = await failureOf(signIn.finish(await comeBack(first, { account: 'third' }), ada));
  expect(error).toMatchObject({ code: 'wrong-account', organization: 'Emulated Organisation' });
  const { code } = await comeBack(second, { account: 'second' });
  const { state } = await comeBack(first, { account: 'first' });
  expect(await failureOf(signIn.finish({ state, code }, ada))).toMatchObject({ code: 'wrong-account' });
  expect(world.stored(first)).toEqual(before);
  expect(await world.connections.get(first)).toMatchObject({ account: { id: 'first' } });
  expect(await world.healthOf(first)).toMatchObject({ state: 'Connected' });
});

test('an account is one connection’s: another one cannot take it, and the first one says that it lost its tokens by that', async () => {
  const { connect, makeConnection, comeBack, signIn } = await start();
  const first = await connect('First');
  const second = await makeConnection('Second');
  const error = await failureOf(signIn.finish(await comeBack(second), ada));
  expect(error).toMatchObject({ code: 'account-taken', connectionId: first, lost: true });
  expect(String(error)).toContain(`Somebody must now sign in again at that connection (${first})`);
  await expectNothingStored(second);
  expect(await world.healthOf(first)).toMatchObject({
    state: 'Reconnect needed',
    reason: 'signed-in-elsewhere',
  });
  await signIn.finish(await comeBack(first), ada);
  expect(await world.healthOf(first)).toMatchObject({ state: 'Connected' });
});

test('a connection whose tokens can be renewed after a sign-in of another one stays connected', async () => {
  const secrets = makeMemorySecrets();
  let spared: string | undefined;
  const { connect, makeConnection, comeBack, signIn, emulator } = await start({
    secrets: {
      ...secrets,
      async get(name) {
        // As if Constant Contact had not ended them.
        if (spared !== undefined && name === tokenSecretName(spared)) {
          spared = undefined;
          const issued = emulator.issueTokens({ encodedAccountId: 'first' });
          const tokens = JSON.parse((await secrets.get(name)) ?? '{}') as object;
          await secrets.set(name, JSON.stringify({ ...tokens, refreshToken: issued.refresh_token }));
        }
        return secrets.get(name);
      },
    },
  });
  const first = await connect('First', 'first');
  const back = await comeBack(await makeConnection('Second'), { account: 'first' });
  world.time.advance(1_000);
  spared = first;
  const error = await failureOf(signIn.finish(back, ada));
  expect(spared).toBeUndefined();
  expect(error).toMatchObject({ code: 'account-taken', connectionId: first, lost: false });
  expect(String(error)).not.toContain('sign in again');
  expect(await world.healthOf(first)).toMatchObject({ state: 'Connected', reason: null });
});

test('a sign-in to the account of another connection says that the other one must sign in again', async () => {
  const { connect, comeBack, signIn } = await start();
  const [first, second] = [await connect('First', 'first'), await connect('Second', 'second')];
  const error = await failureOf(signIn.finish(await comeBack(first, { account: 'second' }), ada));
  expect(error).toMatchObject({ code: 'wrong-account', lostBy: second });
  expect(String(error)).toContain(`at that connection (${second})`);
  expect(await world.healthOf(second)).toMatchObject({
    state: 'Reconnect needed',
    reason: 'signed-in-elsewhere',
  });
  expect(await world.healthOf(first)).toMatchObject({ state: 'Connected' });
});

test('of two connections that are signed in to one account at the same time, one gets it', async () => {
  const { makeConnection, comeBack, signIn } = await start();
  const [one, two] = [await makeConnection('One'), await makeConnection('Two')];
  const backs = [await comeBack(one), await comeBack(two)];
  const outcomes = await Promise.allSettled(backs.map((back) => signIn.finish(back, ada)));
  const [lost] = outcomes.filter(({ status }) => status === 'rejected');
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(lost).toMatchObject({ reason: { code: 'account-taken' } });
  expect([world.stored(one), world.stored(two)].filter((tokens) => tokens !== null)).toHaveLength(1);
});

test('another administrator takes over with the same account, and what needed a reconnect works again', async () => {
  const { connect, comeBack, signIn, emulator, time, constantContact } = await start();
  const id = await connect();
  emulator.revokeTokens('all');
  time.advance(DAY);
  expect(await failureOf(constantContact(id).contactLists())).toMatchObject({ code: 'reconnect-needed' });
  expect(await world.healthOf(id)).toMatchObject({
    state: 'Reconnect needed',
    reason: 'refresh-token-refused',
  });
  await signIn.finish(await comeBack(id, {}, bob), bob);
  expect(await world.connections.get(id)).toMatchObject({ exportUser: { signedInBy: bob } });
  expect(await world.healthOf(id)).toMatchObject({ state: 'Connected', reason: null });
  expect(await constantContact(id).contactLists()).toEqual([]);
});

test('a connection that is removed while somebody signs in stays removed', async () => {
  const { makeConnection, comeBack, signIn, removal } = await start();
  const id = await makeConnection();
  const back = await comeBack(id);
  await removal.remove(id, ada);
  expect(await failureOf(signIn.finish(back, ada))).toMatchObject({ code: 'sign-in-connection-removed' });
  expect(await world.connections.get(id)).toBeUndefined();
  expect(world.stored(id)).toBeNull();
});

test('a removal that begins in the middle of a sign-in wins', async () => {
  const { makeConnection, comeBack, signIn, emulator, connections } = await start();
  const id = await makeConnection();
  const back = await comeBack(id);
  emulator.failRequest({ path: '/v3/activities', action: { kind: 'delay', milliseconds: 100 } });
  const signingIn = failureOf(signIn.finish(back, ada));
  while (!emulator.state().requests.log.some(({ path }) => path === '/v3/account/summary'))
    await new Promise((resolve) => setImmediate(resolve));
  const removing = { since: '2026-04-28T12:00:00.000Z', by: ada, exports: 'detach' } as const;
  await connections.change(id, undefined, (before) => ({ ...before, removing }));
  expect(await signingIn).toMatchObject({ code: 'sign-in-connection-removed' });
  expect(world.stored(id)).toBeNull();
});

test('faults on the way that pass do not cost the sign-in; those that stay are told, and nothing is stored', async () => {
  const { makeConnection, comeBack, signIn, emulator } = await start();
  const id = await makeConnection();
  const away = { kind: 'status', status: 503 } as const;
  emulator.failRequest({ path: '/v3/account', times: 3, action: away });
  emulator.failRequest({ path: '/v3/activities', times: 2, action: { kind: 'drop', when: 'before' } });
  emulator.failRequest({ path: '/v3/activities', times: 3, action: away });
  await expect(signIn.finish(await comeBack(id), ada)).resolves.toMatchObject({ id });

  const other = await world.makeConnection('Other');
  emulator.failRequest({ path: '/v3/account', times: 100, action: away });
  const error = await failureOf(signIn.finish(await comeBack(other, { account: 'other' }), ada));
  expect(error).toMatchObject({ code: 'sign-in-interrupted', cause: { code: 'service-unavailable' } });
  await expectNothingStored(other);
});

test('a token endpoint that fails interrupts the sign-in; a client secret that is refused says so', async () => {
  const { makeConnection, comeBack, signIn, emulator, secrets } = await start();
  const id = await makeConnection();
  emulator.failRequest({ path: '/oauth2/default/v1/token', action: { kind: 'drop', when: 'after' } });
  expect(await failureOf(signIn.finish(await comeBack(id), ada))).toMatchObject({
    code: 'sign-in-interrupted',
    cause: { code: 'unreachable' },
  });
  secrets.stored.set('client-secret', 'an-old-one');
  expect(await failureOf(signIn.finish(await comeBack(id), ada))).toMatchObject({
    code: 'client-secret-refused',
  });
  await expectNothingStored(id);
});

test('on a day whose calls are used up, nothing is exchanged, so the tokens that are there stay good', async () => {
  const { connect, comeBack, signIn, budget, emulator, time } = await start();
  const id = await connect();
  await budget.markDaySpent(time.clock.now() + DAY / 2);
  const asked = () => emulator.state().requests.log.filter(({ path }) => path.endsWith('/token')).length;
  const before = asked();
  expect(await failureOf(signIn.finish(await comeBack(id), ada))).toMatchObject({
    code: 'sign-in-interrupted',
    cause: { code: 'day-spent' },
  });
  expect(asked()).toBe(before);
  expect(await world.healthOf(id)).toMatchObject({ state: 'Connected', requestsLeftToday: 0 });
});

test('a vault that does not store undoes what was recorded', async () => {
  const { makeConnection, comeBack, signIn, secrets } = await start();
  const id = await makeConnection();
  secrets.before = (access) => {
    if (access === 'set') throw new Error('the vault is away');
  };
  expect(await failureOf(signIn.finish(await comeBack(id), ada))).toMatchObject({
    code: 'sign-in-interrupted',
    cause: { code: 'tokens-not-stored' },
  });
  await expectNothingStored(id);
  secrets.before = () => undefined;
  await expect(signIn.finish(await comeBack(id, { account: 'other' }), ada)).resolves.toMatchObject({
    account: { id: 'other' },
  });
});

test('a sign-in waits until a renewal elsewhere has stored what it got, and its own tokens are those that stay', async () => {
  const leases = makeMemoryLease();
  let waited = 0;
  const renewal = { tries: 0, ended: () => Promise.resolve() };
  const lease = {
    async acquire(name: string, seconds: number) {
      waited += renewal.tries > 0 ? 1 : 0;
      if (renewal.tries > 0 && --renewal.tries === 0) await renewal.ended();
      return renewal.tries > 0 ? undefined : leases.lease.acquire(name, seconds);
    },
  };
  const { connect, comeBack, signIn, secrets } = await start({ lease });
  const id = await connect();
  const name = tokenSecretName(id);
  renewal.tries = 4;
  renewal.ended = () =>
    secrets.set(name, JSON.stringify({ ...world.stored(id), refreshToken: 'renewed-elsewhere' }));
  await signIn.finish(await comeBack(id), ada);
  expect(waited).toBe(4);
  const values = secrets.history.map((value) => value.includes('renewed-elsewhere'));
  expect(values.slice(-2)).toEqual([true, false]);
  expect(world.stored(id)?.refreshToken).not.toBe('renewed-elsewhere');
});

test('with long-lived refresh tokens, a sign-in, a renewal and a reconnect work the same, and their kind is told', async () => {
  const { connect, time, tokens } = await start({ constantContact: longLived });
  const id = await connect();
  const { refreshToken } = world.stored(id)!;
  time.advance(DAY);
  await tokens.accessToken(id);
  expect(world.stored(id)).toMatchObject({ refreshToken, kind: 'long-lived' });
  expect(await world.healthOf(id)).toMatchObject({ state: 'Connected', tokens: { kind: 'long-lived' } });
});
