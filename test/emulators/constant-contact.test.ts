// The emulated V3 API behind its gateway: limits, error shapes, lists, custom fields, activities, contacts.
import { makeCaller, noon, startForTest } from './constant-contact-caller';

type Started = Awaited<ReturnType<typeof startForTest>>;
let started: Started;

async function start(options?: Parameters<typeof startForTest>[0]): Promise<Started> {
  return (started = await startForTest(options));
}
afterEach(() => started.emulator.stop());

const day = 86_400_000;
const unknownId = '00000000-0000-4000-8000-000000000000';
const apiErrors = [
  {
    error_key: expect.stringMatching(/^contacts\.api\./) as string,
    error_message: expect.any(String) as string,
  },
];

describe('the gateway', () => {
  test('answers 401 to a token that it does not know or that is over 24 hours old, in the shape of the real one', async () => {
    const { emulator, get, clock } = await start();
    const unknown = await makeCaller(emulator, 'unknown').get('/contact_lists');
    expect(unknown.status).toBe(401);
    expect(JSON.stringify(unknown.body)).toBe('{"error_key":"unauthorized","error_message":"Unauthorized"}');
    expect(Object.fromEntries(unknown.headers)).toMatchObject({
      'content-length': '59',
      'x-amzn-errortype': 'UnauthorizedException',
      'www-authenticate': 'Bearer realm=api.cc.email',
    });
    clock.advance(day - 1);
    expect((await get('/contact_lists')).status).toBe(200);
    clock.advance(1);
    expect((await get('/contact_lists')).status).toBe(401);
  });

  test('lets four requests pass in any second, per client, and records each one too many', async () => {
    const { get, clock, emulator } = await start({ limits: { perSecond: 4 } });
    for (let request = 0; request < 4; request += 1) {
      expect((await get('/contact_lists')).status).toBe(200);
      clock.advance(100);
    }
    const fifth = await get('/contact_lists');
    expect(fifth).toMatchObject({
      status: 429,
      body: { error_key: 'throttled', error_message: 'Too Many Requests' },
    });
    expect(fifth.headers.get('retry-after')).toBeNull();
    clock.advance(599);
    expect((await get('/contact_lists')).status).toBe(429);
    clock.advance(1);
    expect((await get('/contact_lists')).status).toBe(200);
    expect(emulator.state().violations).toEqual([
      { kind: 'per-second', clientId: emulator.clientId, at: noon + 400, request: 'GET /v3/contact_lists' },
      { kind: 'per-second', clientId: emulator.clientId, at: noon + 999, request: 'GET /v3/contact_lists' },
    ]);
    expect(emulator.state().usage).toMatchObject([{ requestsToday: 5, mostInOneSecond: 6 }]);
  });

  test('counts each client for itself', async () => {
    const client = { clientSecret: 'secret', refreshTokens: 'rotating' } as const;
    const clients = [
      { clientId: 'one', ...client },
      { clientId: 'two', ...client },
    ];
    const { emulator, get } = await start({ limits: { perSecond: 1 }, clients });
    const other = makeCaller(emulator, emulator.issueTokens({ clientId: 'two' }).access_token);
    expect((await get('/contact_lists')).status).toBe(200);
    expect((await other.get('/contact_lists')).status).toBe(200);
    expect((await get('/contact_lists')).status).toBe(429);
  });

  test('lets 10,000 requests pass in a UTC day, and more after midnight', async () => {
    const { get, clock } = await start({ limits: { perDay: 2 } });
    await get('/contact_lists');
    await get('/contact_lists');
    expect(await get('/contact_lists')).toMatchObject({
      status: 429,
      body: { error_key: 'quota_exceeded', error_message: 'Limit Exceeded' },
    });
    clock.advance(day / 2 - 1);
    expect((await get('/contact_lists')).status).toBe(429);
    clock.advance(1);
    expect((await get('/contact_lists')).status).toBe(200);
  });

  test('looks at the token before the limits, and a refused token uses up none of them', async () => {
    const { emulator, get } = await start({ limits: { perSecond: 1 } });
    expect((await makeCaller(emulator, 'unknown').get('/contact_lists')).status).toBe(401);
    expect((await get('/contact_lists')).status).toBe(200);
    expect((await makeCaller(emulator, 'unknown').get('/contact_lists')).status).toBe(401);
  });

  test('sends Retry-After only when so switched, and a request id always', async () => {
    const { get } = await start({ limits: { perSecond: 1 }, switches: { retryAfterSeconds: 3 } });
    const first = await get('/contact_lists');
    const second = await get('/contact_lists');
    expect(second.headers.get('retry-after')).toBe('3');
    expect(first.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.headers.get('x-amzn-requestid')).not.toBe(first.headers.get('x-amzn-requestid'));
  });

  test('answers 403 without the scope or the privilege that a request needs', async () => {
    const { emulator, get } = await start();
    const contactsOnly = makeCaller(emulator, emulator.issueTokens({ scope: 'contact_data' }).access_token);
    expect((await contactsOnly.get('/account/summary')).status).toBe(403);
    expect((await contactsOnly.get('/contact_lists')).status).toBe(200);
    emulator.setSwitches({ privileges: ['contacts:read', 'contacts:lists:read'] });
    expect((await get('/contact_lists')).status).toBe(200);
    expect(await get('/activities')).toMatchObject({
      status: 403,
      body: { error_key: expect.any(String) as string },
    });
  });
});

describe('lists', () => {
  test('can be made once under one name, found by it, counted and deleted', async () => {
    const { get, post, call, clock, import: send } = await start();
    const made = await post('/contact_lists', {
      name: 'Friends',
      description: 'of the house',
      favorite: true,
    });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'Friends', description: 'of the house', favorite: true },
    });
    const id = (made.body as { list_id: string }).list_id;
    expect(await post('/contact_lists', { name: 'friends' })).toMatchObject({ status: 409, body: apiErrors });
    expect(await post('/contact_lists', { name: '' })).toMatchObject({ status: 400, body: apiErrors });
    expect(await post('/contact_lists', { name: 'x'.repeat(256) })).toMatchObject({
      status: 400,
      body: apiErrors,
    });
    expect(await get('/contact_lists?name=Friends')).toMatchObject({ body: { lists: [{ list_id: id }] } });

    await send('email\na@example.com\nb@example.com\n', id);
    clock.advance(1_000);
    expect(await get(`/contact_lists/${id}?include_membership_count=all`)).toMatchObject({
      body: { membership_count: 2 },
    });
    expect((await get(`/contact_lists/${id}`)).body).not.toHaveProperty('membership_count');

    const deleted = await call('DELETE', `/contact_lists/${id}`);
    const activity = (deleted.body as { activity_id: string }).activity_id;
    expect(deleted.status).toBe(202);
    expect(deleted.headers.get('location')).toBe(`/v3/activities/${activity}`);
    clock.advance(1_000);
    expect(await get(`/activities/${activity}`)).toMatchObject({
      body: { state: 'completed', status: { list_count: 1 } },
    });
    expect(await get(`/contact_lists/${id}`)).toMatchObject({ status: 404, body: apiErrors });
    expect(await get('/contact_lists?status=deleted')).toMatchObject({ body: { lists: [{ list_id: id }] } });
    expect((await post('/contact_lists', { name: 'Friends' })).status).toBe(201);
  });

  test('come in pages whose links are paths, and with a count when asked', async () => {
    const lists = Array.from({ length: 5 }, (_, index) => ({ name: `List ${index}` }));
    const { get } = await start({ seed: { lists } });
    const names: string[] = [];
    let path: string | undefined = '/contact_lists?limit=2&include_count=true';
    while (path !== undefined) {
      const { body } = await get(path);
      const page = body as {
        lists: { name: string }[];
        lists_count: number;
        _links?: { next: { href: string } };
      };
      expect(page.lists_count).toBe(5);
      names.push(...page.lists.map(({ name }) => name));
      path = page._links?.next.href;
      if (path !== undefined) expect(path).toMatch(/^\/v3\/contact_lists\?cursor=/);
    }
    expect(names).toEqual(lists.map(({ name }) => name));
    for (const query of [
      'limit=0',
      'limit=501',
      'limit=x',
      'status=gone',
      'include_membership_count=yes',
      'cursor=!',
    ])
      expect(await get(`/contact_lists?${query}`)).toMatchObject({ status: 400, body: apiErrors });
  });
});

test('custom fields are named by their label, with underscores, at most 100 a page', async () => {
  const { get, post } = await start();
  expect(await post('/contact_custom_fields', { label: 'Loyalty tier', type: 'string' })).toMatchObject({
    status: 201,
    body: { label: 'Loyalty tier', name: 'Loyalty_tier', type: 'string' },
  });
  expect((await post('/contact_custom_fields', { label: 'Loyalty tier', type: 'string' })).status).toBe(409);
  expect((await post('/contact_custom_fields', { label: 'Other', type: 'poem' })).status).toBe(400);
  expect(await get('/contact_custom_fields')).toMatchObject({
    body: { custom_fields: [{ name: 'Loyalty_tier' }] },
  });
  expect((await get('/contact_custom_fields?limit=101')).status).toBe(400);
});

test('the account summary names the account that signed in', async () => {
  const { emulator, get } = await start({ encodedAccountId: 'account1' });
  expect(await get('/account/summary')).toMatchObject({ body: { encoded_account_id: 'account1' } });
  const other = makeCaller(emulator, emulator.issueTokens({ encodedAccountId: 'account2' }).access_token);
  expect(await other.get('/account/summary')).toMatchObject({ body: { encoded_account_id: 'account2' } });
});

describe('activities', () => {
  const names = (body: unknown) =>
    (body as { activities: { source_file_name: string }[] }).activities.map((one) => one.source_file_name);

  test('are listed the newest first, in pages, by state, for ten days', async () => {
    const { emulator, get, import: send, listId, clock } = await start();
    for (const name of ['1.csv', '2.csv', '3.csv']) {
      await send('email\na@example.com\n', listId, name);
      clock.advance(600);
    }
    expect(names((await get('/activities')).body)).toEqual(['3.csv', '2.csv', '1.csv']);
    const page = (await get('/activities?limit=2')).body as { _links: { next: { href: string } } };
    expect(names(page)).toEqual(['3.csv', '2.csv']);
    expect(page._links.next.href).toMatch(/^\/v3\/activities\?cursor=/);
    const last = (await get(page._links.next.href)).body;
    expect(names(last)).toEqual(['1.csv']);
    expect(last).not.toHaveProperty('_links');
    expect(names((await get('/activities?state=completed')).body)).toEqual(['2.csv', '1.csv']);
    expect(names((await get('/activities?state=processing')).body)).toEqual(['3.csv']);
    for (const query of ['state=initialized', 'limit=0', 'limit=501'])
      expect(await get(`/activities?${query}`)).toMatchObject({ status: 400, body: apiErrors });

    const id = emulator.state().jobs[0]!.id;
    clock.advance(10 * day - 1_801);
    const later = makeCaller(emulator);
    expect((await later.get(`/activities/${id}`)).status).toBe(200);
    clock.advance(1);
    expect(await later.get(`/activities/${id}`)).toMatchObject({ status: 404, body: apiErrors });
    expect(names((await later.get('/activities')).body)).toEqual(['3.csv', '2.csv']);
    expect(await later.get(`/activities/${unknownId}`)).toMatchObject({ status: 404, body: apiErrors });
  });

  test('can be made to show in the list later than they were accepted', async () => {
    const { get, import: send, listId, clock } = await start({ switches: { jobHiddenMilliseconds: 5_000 } });
    const { body } = await send('email\na@example.com\n', listId, '1.csv');
    expect(names((await get('/activities')).body)).toEqual([]);
    expect((await get(`/activities/${(body as { activity_id: string }).activity_id}`)).status).toBe(200);
    clock.advance(5_000);
    expect(names((await get('/activities')).body)).toEqual(['1.csv']);
  });
});

test('contacts can be read back by list, address and status, with their lists and custom fields', async () => {
  const {
    get,
    import: send,
    listId,
    clock,
  } = await start({
    seed: {
      customFields: [{ label: 'tier' }],
      contacts: [{ address: 'left@example.com', status: 'unsubscribed' }],
    },
  });
  const rows = ['a', 'b', 'c'].map((name) => `${name}@example.com,${name.toUpperCase()},gold`);
  await send(`email,first_name,cf:tier\n${rows.join('\n')}\n`, listId);
  clock.advance(1_000);

  interface Page {
    contacts: { email_address: { address: string } }[];
    _links?: { next: { href: string } };
  }
  const addresses = (page: Page) => page.contacts.map((contact) => contact.email_address.address);
  const first = (await get(`/contacts?lists=${listId}&limit=2&include_count=true`)).body as Page;
  expect(first).toMatchObject({ contacts_count: 3 });
  expect(addresses(first)).toEqual(['a@example.com', 'b@example.com']);
  expect(addresses((await get(first._links!.next.href)).body as Page)).toEqual(['c@example.com']);

  expect(await get('/contacts?email=B@example.com&include=custom_fields,list_memberships')).toMatchObject({
    body: {
      contacts: [
        {
          email_address: { address: 'b@example.com', permission_to_send: 'implicit' },
          first_name: 'B',
          list_memberships: [listId],
          custom_fields: [{ value: 'gold' }],
        },
      ],
    },
  });
  expect(addresses((await get('/contacts?status=unsubscribed')).body as Page)).toEqual(['left@example.com']);
  expect(addresses((await get('/contacts')).body as Page)).toHaveLength(4);
  expect((await get('/contacts?status=asleep')).status).toBe(400);
});
