// Faults on request, and the ways to look inside: what tests of the app stand on.
import { until } from '../support/until';
import { makeCaller, startForTest } from './constant-contact-caller';

type Started = Awaited<ReturnType<typeof startForTest>>;
let started: Started;

async function start(options?: Parameters<typeof startForTest>[0]): Promise<Started> {
  return (started = await startForTest(options));
}
afterEach(() => started.emulator.stop());

const csv = 'email\na@example.com\n';
const importPath = '/v3/activities/contacts_file_import';
const idOf = (body: unknown) => (body as { activity_id: string }).activity_id;
const jobs = () => started.emulator.state().jobs;

async function admin(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${started.emulator.url}/_emulator/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return response.status === 204 ? undefined : response.json();
}

describe('a request fault', () => {
  test('hits the requests that it names, as often as it says, after those that it lets pass', async () => {
    const { emulator, get, call } = await start();
    emulator.failRequest({
      method: 'GET',
      path: '/v3/contact_lists',
      skip: 1,
      times: 2,
      action: { kind: 'status', status: 503, retryAfterSeconds: 7 },
    });
    expect((await get('/contact_custom_fields')).status).toBe(200);
    expect((await call('POST', '/contact_lists', { name: 'New' })).status).toBe(201);
    const statuses: number[] = [];
    for (let request = 0; request < 4; request += 1) statuses.push((await get('/contact_lists')).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
    emulator.failRequest({ exact: true, path: '/v3/activities', action: { kind: 'status', status: 500 } });
    expect((await get('/activities/00000000-0000-4000-8000-000000000000')).status).toBe(404);
    expect(await get('/activities')).toMatchObject({
      status: 500,
      body: [{ error_key: expect.any(String) as string }],
    });
  });

  test.each([
    ['throttled', { error_key: 'throttled' }],
    ['quota_exceeded', { error_key: 'quota_exceeded' }],
    ['queue', [{ error_message: 'You exceeded 1,000 queued activities for this user account' }]],
  ] as const)('can be a 429 of the kind %s, with and without Retry-After', async (reason, body) => {
    const { emulator, get } = await start();
    emulator.failRequest({ action: { kind: 'status', status: 429, reason } });
    emulator.failRequest({ action: { kind: 'status', status: 429, reason, retryAfterSeconds: 9 } });
    const [first, second] = [await get('/activities'), await get('/activities')];
    expect([first, second]).toMatchObject([
      { status: 429, body },
      { status: 429, body },
    ]);
    expect([first.headers.get('retry-after'), second.headers.get('retry-after')]).toEqual([null, '9']);
    expect(emulator.state().violations).toEqual([]);
  });

  test('can be a 401 or a 403', async () => {
    const { emulator, get } = await start();
    for (const status of [401, 403]) {
      emulator.failRequest({ action: { kind: 'status', status } });
      expect((await get('/activities')).status).toBe(status);
    }
  });

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('can end the connection %s the work is done', async (when, accepted) => {
    const { emulator, import: send, listId } = await start();
    emulator.failRequest({ path: importPath, action: { kind: 'drop', when } });
    await expect(send(csv, listId)).rejects.toThrow('fetch failed');
    expect(jobs()).toHaveLength(accepted);
    expect(emulator.state().requests.log).toMatchObject([{ method: 'POST', path: importPath, status: 0 }]);
  });

  test('can refuse a job that was taken in', async () => {
    const { emulator, import: send, listId } = await start();
    emulator.failRequest({ path: importPath, action: { kind: 'status', status: 500, when: 'after' } });
    expect((await send(csv, listId)).status).toBe(500);
    expect(jobs()).toHaveLength(1);
  });

  test('can make an answer that is not JSON, lacks a field, or comes late', async () => {
    const { emulator, import: send, listId, get } = await start();
    emulator.failRequest({ path: importPath, action: { kind: 'not-json' } });
    expect(await send(csv, listId)).toMatchObject({
      status: 201,
      body: expect.stringContaining('<html>') as string,
    });
    emulator.failRequest({ path: importPath, action: { kind: 'without', field: 'activity_id' } });
    const answer = await send(csv, listId);
    expect(answer.body).not.toHaveProperty('activity_id');
    expect(answer.body).toHaveProperty('state');
    emulator.failRequest({ path: '/v3/activities', action: { kind: 'delay', milliseconds: 500 } });
    const answered: string[] = [];
    const logged = () => emulator.state().requests.log.length;
    const before = logged();
    const ask = async (name: string) => {
      expect((await get('/activities')).status).toBe(200);
      answered.push(name);
    };
    const late = ask('the late one');
    // Once it is there: the fault is for it alone.
    await until(() => logged() > before);
    await ask('one that came after it');
    await late;
    expect(answered).toEqual(['one that came after it', 'the late one']);
  });

  test('can hold answers back until so many requests are there', async () => {
    const { emulator, get } = await start();
    emulator.failRequest({
      path: '/v3/contact_lists',
      times: 3,
      action: { kind: 'gather', requests: 3 },
    });
    const order: string[] = [];
    const ask = async (name: string, path: string) => {
      expect((await get(path)).status).toBe(200);
      order.push(name);
    };
    const held = [ask('held', '/contact_lists'), ask('held', '/contact_lists')];
    await ask('another', '/activities');
    held.push(ask('held', '/contact_lists'));
    await Promise.all(held);
    expect(order).toEqual(['another', 'held', 'held', 'held']);
    await ask('later', '/contact_lists');
  });
});

describe('a job fault', () => {
  test.each(['failed', 'timed_out', 'cancelled'] as const)(
    'can end a job as %s, which changes no contact',
    async (end) => {
      const { emulator, import: send, listId, clock, get } = await start();
      emulator.failJob({ fileName: 'bad', end });
      await send(csv, listId, 'good.csv');
      const { body } = await send('email\nb@example.com\n', listId, 'bad.csv');
      clock.advance(1_000);
      expect(await get(`/activities/${idOf(body)}`)).toMatchObject({
        body: { state: end, status: { items_completed_count: 0 } },
      });
      expect(jobs().map(({ state }) => state)).toEqual(['completed', end]);
      expect([...emulator.members(listId)].map(({ address }) => address)).toEqual(['a@example.com']);
    },
  );

  test('can leave a job stuck until it is told how to end', async () => {
    const { emulator, import: send, listId, clock, get } = await start();
    emulator.failJob({ end: 'stuck' });
    const id = idOf((await send(csv, listId)).body);
    clock.advance(3_600_000);
    expect(await get(`/activities/${id}`)).toMatchObject({ body: { state: 'processing', percent_done: 99 } });
    emulator.endJob(id, 'completed');
    expect(await get(`/activities/${id}`)).toMatchObject({
      body: { state: 'completed', completed_at: '2026-03-10T13:00:00Z' },
    });
    expect([...emulator.members(listId)]).toHaveLength(1);
  });

  test('can tell counters that do not add up, and make a job slower than the others', async () => {
    const { emulator, import: send, listId, clock, get } = await start();
    emulator.failJob({ counters: { error_count: 99 }, milliseconds: 5_000 });
    const id = idOf((await send(csv, listId)).body);
    clock.advance(1_000);
    expect(await get(`/activities/${id}`)).toMatchObject({ body: { state: 'initialized' } });
    clock.advance(4_000);
    expect(await get(`/activities/${id}`)).toMatchObject({
      body: { state: 'completed', status: { error_count: 99, person_count: 1 } },
    });
  });
});

describe('over HTTP', () => {
  test('faults, seeds, tokens, settings and the clock can be controlled', async () => {
    const { emulator, listId } = await start();
    await admin('seed', {
      lists: [{ name: 'Seeded' }],
      contacts: [{ address: 'X@example.com', lists: ['Seeded'], fields: { first_name: 'X' } }],
    });
    const { access_token: token } = (await admin('tokens', {})) as { access_token: string };
    const { get, import: send } = makeCaller(emulator, token);
    await admin('faults', { request: { action: { kind: 'status', status: 503 } }, job: { end: 'failed' } });
    expect((await get('/contact_lists')).status).toBe(503);
    expect((await get('/contact_lists')).status).toBe(200);
    await send(csv, listId);
    await admin('clock', { offsetMilliseconds: 1_000 });
    expect(jobs()).toMatchObject([{ state: 'failed' }]);
    await admin('settings', { limits: { perSecond: 0 } });
    expect((await get('/contact_lists')).status).toBe(429);
    await admin('faults', { deleteList: listId, revokeTokens: 'all' });
    expect((await get('/contact_lists')).status).toBe(401);
    expect(emulator.state().lists).toMatchObject([
      { deleted: true },
      { name: 'Seeded', deleted: false, memberCount: 1 },
    ]);
    const wrong = await fetch(`${emulator.url}/_emulator/clock`, { method: 'POST', body: '{"offset":1}' });
    expect(wrong.status).toBe(400);
  });

  test('the state tells lists with members, jobs and requests, without bodies or tokens', async () => {
    const { emulator, import: send, listId, clock } = await start();
    await send('email,first_name\na@example.com,Ann\nb@example.com,Bob\n', listId, 'run-1.csv');
    clock.advance(1_000);
    const text = await (await fetch(`${emulator.url}/_emulator/state?members=1`)).text();
    expect(JSON.parse(text)).toMatchObject({
      contacts: 2,
      lists: [
        {
          id: listId,
          name: 'Customers',
          memberCount: 2,
          members: [{ address: 'a@example.com', fields: { first_name: 'Ann' } }],
        },
      ],
      jobs: [{ fileName: 'run-1.csv', state: 'completed', contacts: 2, header: ['email', 'first_name'] }],
      requests: { total: 1, byKind: { [`POST ${importPath}`]: 1 }, log: [{ status: 201 }] },
      violations: [],
      blankCells: 0,
      oversize: [],
      maxJobsPerPerson: 1,
    });
    expect(text).not.toContain('Bearer');
    const lines = await (await fetch(`${emulator.url}/_emulator/lists/${listId}/members`)).text();
    expect(
      lines
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { address: string }).address),
    ).toEqual(['a@example.com', 'b@example.com']);
  });

  test('the page shows lists, members and jobs, finds people, and runs nothing that came from outside', async () => {
    const { emulator, import: send, listId, clock } = await start();
    await send(
      'email,first_name\na@example.com,<script>alert(1)</script>\nb@example.com,Bob\n',
      listId,
      '<b>.csv',
    );
    clock.advance(1_000);
    const response = await fetch(`${emulator.url}/?list=${listId}&search=A@`);
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html).toContain('Customers');
    expect(html).toContain('a@example.com');
    expect(html).not.toContain('b@example.com');
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('<b>');
  });
});
