// Connections over HTTP: made, agreed to, signed in at the emulated Constant Contact, used, and removed. What people see, and what
// fails closed.
import {
  agree,
  connected,
  made,
  problemType,
  startConnectionWorld,
  type ConnectionWorld,
} from './connection-world';
import { principalHeader } from './http-world';

let app: ConnectionWorld;
beforeEach(async () => {
  app = await startConnectionWorld();
});
afterEach(async () => {
  app.findNoSecrets();
  await app.stop();
});

test('a connection is made, agreed to and signed in, and is connected to the organisation of the account', async () => {
  const { id, etag } = await made(app, { name: 'Newsletter' });
  expect((await app.call('readConnection', { id })).json['health']).toMatchObject({
    state: 'Consent needed',
  });
  await agree(app, id);
  expect((await app.call('readConnection', { id })).json['health']).toMatchObject({
    state: 'Sign-in needed',
  });
  const page = await app.finish(await app.comeBack(id));
  expect(page.status).toBe(200);
  expect(page.text).toContain('Connected to ');
  const { json, headers } = await app.call('readConnection', { id });
  expect(json).toMatchObject({
    name: 'Newsletter',
    type: 'Constant Contact',
    organization: expect.stringMatching(/./) as string,
    exportUser: { name: 'Ada Lovelace' },
    health: { state: 'Connected', tokens: { ageSeconds: 0 } },
  });
  expect(headers['etag']).not.toBe(etag);
});

test('looking at a connection costs no call to Constant Contact', async () => {
  const { id } = await connected(app);
  const before = app.requests();
  await app.call('readConnection', { id });
  await app.call('listConnections');
  expect(app.requests()).toBe(before);
});

test('a connection that is not set up yet says what is next, and nobody is told that it broke', async () => {
  const { id } = await made(app);
  const routes = ['listContactLists', 'listCustomFields'] as const;
  for (const route of routes) {
    expect(await app.call(route, { id })).toMatchObject({
      status: 409,
      json: { type: problemType('consent-needed'), version: '1' },
    });
  }
  await agree(app, id);
  for (const route of routes)
    expect(await app.call(route, { id })).toMatchObject({
      status: 409,
      json: { type: problemType('not-signed-in') },
    });
  expect(await app.call('createContactList', { id, body: { name: 'Spring' } })).toMatchObject({
    status: 409,
    json: { type: problemType('not-signed-in') },
  });
  expect((await app.call('readConnection', { id })).json['health']).toMatchObject({
    state: 'Sign-in needed',
  });
});

describe('nothing connects before somebody has agreed', () => {
  test('a sign-in is refused, and the answer says which version to accept', async () => {
    const { id } = await made(app);
    const answer = await app.call('startSignIn', { id });
    expect(answer).toMatchObject({
      status: 409,
      json: { type: problemType('consent-needed'), version: '1' },
    });
  });

  test('another version than the present one is not taken', async () => {
    const { id } = await made(app);
    await expect(app.call('acceptConsent', { id, body: { version: '0' } })).resolves.toMatchObject({
      status: 409,
      json: { type: problemType('consent-outdated') },
    });
  });

  test('who agreed to which text, and when, is kept and shown', async () => {
    const { id } = await made(app);
    await agree(app, id);
    expect((await app.call('readConsent', { id })).json).toMatchObject({
      state: 'accepted',
      accepted: { version: '1', by: { name: 'Ada Lovelace' } },
      text: { version: '1' },
    });
  });
});

describe('versions', () => {
  test('a change to what somebody else has changed meanwhile is refused, and loses nothing', async () => {
    const { id } = await made(app);
    await agree(app, id);
    const etag = (await app.call('readConnection', { id })).headers['etag']!;
    const change = (name: string) =>
      app.call('changeConnection', { id, body: { name }, headers: { 'if-match': etag } });
    await expect(change('First')).resolves.toMatchObject({ status: 200, json: { name: 'First' } });
    await expect(change('Second')).resolves.toMatchObject({ status: 412 });
    await expect(app.call('changeConnection', { id, body: { name: 'Third' } })).resolves.toMatchObject({
      status: 428,
    });
    expect((await app.call('readConnection', { id })).json['name']).toBe('First');
  });

  test('a name that another connection has, whatever its case, is taken', async () => {
    await made(app, { name: 'Straße' });
    await expect(app.call('createConnection', { body: { name: 'STRASSE' } })).resolves.toMatchObject({
      status: 409,
      json: { type: problemType('name-taken') },
    });
  });
});

describe('who sees what', () => {
  test('contributors see name and type of what is shared with them, and nothing of the rest', async () => {
    const shared = await made(app, { name: 'Shared', sharedWith: 'administrators-and-contributors' });
    const own = await made(app, { name: 'Private' });
    const listed = await app.call('listConnections', { as: 'Contributor' });
    const { connections } = listed.json as { connections: { id: string }[] };
    expect(connections).toContainEqual({ id: shared.id, name: 'Shared', type: 'Constant Contact' });
    expect(connections.map(({ id }) => id)).not.toContain(own.id);
    expect(new Set(connections.flatMap(Object.keys))).toEqual(new Set(['id', 'name', 'type']));
    await expect(app.call('readConnection', { id: own.id, as: 'Contributor' })).resolves.toMatchObject({
      status: 404,
    });
    const lists = { id: own.id, as: 'Contributor' } as const;
    await expect(app.call('listContactLists', lists)).resolves.toMatchObject({ status: 404 });
  });

  test('contributors use lists and fields of a shared connection', async () => {
    const { id } = await connected(app, { sharedWith: 'administrators-and-contributors' });
    const as = 'Contributor';
    const created = await app.call('createContactList', { id, as, body: { name: 'Spring' } });
    expect(created).toMatchObject({ status: 201, json: { name: 'Spring' } });
    const lists = await app.call('listContactLists', { id, as });
    expect(lists.json).toMatchObject({ lists: [{ id: created.json['id'], name: 'Spring' }] });
    await expect(app.call('listCustomFields', { id, as })).resolves.toMatchObject({
      status: 200,
      json: { customFields: [] },
    });
    await expect(app.call('createContactList', { id, as, body: { name: 'Spring' } })).resolves.toMatchObject({
      status: 409,
      json: { type: problemType('list-name-taken'), list: created.json['id'] },
    });
  });
});

describe('a sign-in that fails closed', () => {
  const begun = async () => {
    const { id } = await made(app);
    await agree(app, id);
    return id;
  };

  test('a state that was used', async () => {
    const id = await begun();
    const query = await app.comeBack(id);
    await expect(app.finish(query)).resolves.toMatchObject({ status: 200 });
    const again = await app.finish(query);
    expect(again.status).toBe(409);
    expect(again.text).toContain('come back once already');
  });

  test('a state of another user', async () => {
    const id = await begun();
    const answer = await app.finish(await app.comeBack(id), {
      as: null,
      headers: { 'x-ms-client-principal': principalHeader('Administrator', undefined, 'person-2') },
    });
    expect(answer.status).toBe(409);
    expect((await app.call('readConnection', { id })).json['health']).toMatchObject({
      state: 'Sign-in needed',
    });
  });

  test('a state that came too late', async () => {
    const id = await begun();
    const query = await app.comeBack(id);
    app.passTime(600_001);
    await expect(app.finish(query)).resolves.toMatchObject({ status: 409 });
  });

  test('a code that belongs to the sign-in of another connection', async () => {
    await app.stop();
    app = await startConnectionWorld({ CONSTANT_CONTACT_PKCE: 'true' });
    const [one, other] = [await begun(), (await made(app, { name: 'Other' })).id];
    await agree(app, other);
    const mine = new URLSearchParams(await app.comeBack(one));
    const theirs = new URLSearchParams(await app.comeBack(other));
    // With the challenge of its own sign-in, a code is of no use in another.
    theirs.set('code', mine.get('code')!);
    const answer = await app.finish(theirs.toString());
    expect(answer.status).toBe(409);
    expect((await app.call('readConnection', { id: other })).json).toMatchObject({ organization: null });
  });

  test('no state at all, or one that is made up', async () => {
    for (const query of ['code=abc', `code=abc&state=${'A'.repeat(43)}`, 'state=../../etc', '']) {
      await expect(app.finish(query)).resolves.toMatchObject({ status: 409 });
    }
  });

  test('a connection that was removed meanwhile', async () => {
    const id = await begun();
    const query = await app.comeBack(id);
    await app.call('removeConnection', { id });
    const answer = await app.finish(query);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('removed');
    expect(app.secretNames()).not.toContain(`constant-contact-tokens-${id}`);
  });

  test('a denial at Constant Contact', async () => {
    const id = await begun();
    const answer = await app.finish(await app.comeBack(id, { deny: true }));
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('Allow');
  });

  test('another account than the one that the connection is pinned to', async () => {
    const { id } = await connected(app);
    const answer = await app.finish(await app.comeBack(id, { account: 'another' }));
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('another account');
  });
});

describe('the page that people come back to', () => {
  test('has no scripts, is not kept, tells nobody where one comes from, and never redirects', async () => {
    const { id } = await made(app);
    await agree(app, id);
    const pages = [
      await app.finish(`${await app.comeBack(id)}&returnTo=https%3A%2F%2Fevil.example`),
      await app.finish('error=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=x'),
    ];
    for (const { status, headers, text } of pages) {
      expect(status).not.toBe(302);
      expect(headers['location']).toBeUndefined();
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(text).not.toMatch(/<script|evil\.example/i);
    }
  });

  test('offers a way to sign in to whom the session ran out for, back to this very place and no other', async () => {
    const { id } = await made(app);
    await agree(app, id);
    const query = await app.comeBack(id);
    const page = await app.finish(`${query}&post_login_redirect_uri=https%3A%2F%2Fevil.example`, {
      as: null,
    });
    expect(page.status).toBe(401);
    const href = /href="([^"]*)"/.exec(page.text)![1]!.replaceAll('&#38;', '&');
    expect(href.startsWith('/.auth/login/aad?')).toBe(true);
    const back = new URL(href, 'https://app.example.com').searchParams.get('post_login_redirect_uri')!;
    expect(back.startsWith('/api/sign-in/callback?')).toBe(true);
    expect(back).not.toContain('evil');
    // Signed in again, the sign-in at Constant Contact is still good.
    await expect(app.finish(back.split('?')[1]!)).resolves.toMatchObject({ status: 200 });
  });
});

describe('removal', () => {
  test('names the exports that use the connection, until told what becomes of them', async () => {
    const { id } = await connected(app);
    const { exportId } = await app.makeExport(id);
    const refused = await app.call('removeConnection', { id });
    expect(refused).toMatchObject({
      status: 409,
      json: { type: problemType('connection-in-use'), exports: [{ id: exportId }] },
    });
    await expect(app.call('removeConnection', { id, query: 'exports=detach' })).resolves.toMatchObject({
      status: 200,
      json: { status: 'removed' },
    });
    expect(await app.connectionOf(exportId)).toBeNull();
    await expect(app.call('readConnection', { id })).resolves.toMatchObject({ status: 404 });
    expect(app.secretNames()).not.toContain(`constant-contact-tokens-${id}`);
  });

  test('waits for a run that is on, which it cancels first, also when its export goes as well', async () => {
    const { id } = await connected(app);
    const { exportId } = await app.makeExport(id);
    const run = await app.startRun(exportId);
    await expect(app.call('removeConnection', { id, query: 'exports=remove' })).resolves.toMatchObject({
      status: 202,
      json: { status: 'removing', waitingFor: 'runs' },
    });
    expect(await run.cancelRequested()).toBe(true);
    await run.end();
    await app.lookAfter();
    await expect(app.call('readConnection', { id })).resolves.toMatchObject({ status: 404 });
    expect(await app.exportIds()).not.toContain(exportId);
  });

  test('ends the refresh token at Constant Contact, so that a stolen copy is of no use', async () => {
    const { id } = await connected(app);
    const stolen = app.refreshToken(id);
    await app.call('removeConnection', { id });
    await expect(app.tryRefresh(stolen)).resolves.toBe(400);
  });
});

test('who did what is on record: each change with who, when and from where', async () => {
  const { id } = await connected(app);
  await app.call('removeConnection', { id, headers: { 'x-forwarded-for': '203.0.113.7:50123' } });
  const { json } = await app.call('listAudit');
  const entries = json['entries'] as { action: string; from: string | null; by: { name: string } }[];
  expect(entries.map(({ action }) => action)).toEqual([
    'connection.remove',
    'connection.sign-in',
    'connection.begin-sign-in',
    'connection.accept-consent',
    'connection.create',
  ]);
  expect(entries[0]).toMatchObject({ from: '203.0.113.7', by: { name: 'Ada Lovelace' } });
});

test.each(['a/b', '..', '../audit', 'a'.repeat(1000), '😀', 'A', "' or 1 eq 1", '%2e%2e', ''])(
  'an id cannot leave the table or the vault: %j is the id of nothing',
  async (id) => {
    const before = app.secrets.stored.size;
    const asked = ['readConnection', 'readConsent', 'startSignIn', 'listContactLists', 'listCustomFields'];
    for (const name of [...asked, 'removeConnection']) {
      await expect(app.call(name, { params: { connectionId: id } })).resolves.toMatchObject({ status: 404 });
    }
    expect(app.secrets.stored.size).toBe(before);
  },
);

test.each(['a/b', '..', 'x'.repeat(101), '', '\u0000', 'line\nbreak', ' '])(
  'a name that is none is refused: %j',
  async (name) => {
    await expect(app.call('createConnection', { body: { name } })).resolves.toMatchObject(
      name === 'a/b' || name === '..' ? { status: 201 } : { status: 400 },
    );
  },
);

test('the search for secrets finds one that stands where it should not', async () => {
  const { id } = await connected(app);
  const token = app.refreshToken(id);
  app.logged.log.info('planted', { token });
  expect(() => app.findNoSecrets()).toThrow('a secret');
  app.logged.events.splice(0);
});
