// What the client makes of every answer that is not a result.
import { csvFile } from './support/csv-file';
import { failureOf, RENEWED_TOKEN, startClient, TOKEN, type StartedClient } from './support/client';

let started: StartedClient;
beforeEach(async () => {
  started = await startClient();
});
afterEach(() => started.server.close());

const file = { fileName: 'a.csv', csv: csvFile('email\n'), listIds: ['l1'] };
const key = (error_key: string) => ({ error_key, error_message: 'for joe@example.com' });

const failures: readonly [number, unknown, Record<string, unknown>][] = [
  [
    400,
    [key('contacts.api.validation.error')],
    { code: 'request-refused', errorKey: 'contacts.api.validation.error', outcomeUnknown: false },
  ],
  [400, [key('contacts.api.not_found')], { code: 'not-found' }],
  [403, [key('forbidden')], { code: 'not-allowed', outcomeUnknown: false }],
  [404, [key('contacts.api.not_found')], { code: 'not-found' }],
  [409, [key('contacts.api.conflict')], { code: 'request-refused', errorKey: 'contacts.api.conflict' }],
  [408, '', { code: 'service-unavailable', outcomeUnknown: true }],
  [413, '<html>too large: joe@example.com</html>', { code: 'request-refused', errorKey: undefined }],
  [415, [key('not.csv')], { code: 'request-refused', outcomeUnknown: false }],
  [
    400,
    { error: 'invalid_request', error_description: 'joe@example.com' },
    { code: 'request-refused', errorKey: 'invalid_request' },
  ],
  [
    429,
    key('quota_exceeded'),
    { code: 'quota-exceeded', until: Date.parse('2026-04-29T00:00:00Z'), outcomeUnknown: false },
  ],
  [
    429,
    [key('too many joe@example.com')],
    { code: 'job-queue-full', errorKey: undefined, outcomeUnknown: false },
  ],
  [429, '', { code: 'job-queue-full', outcomeUnknown: false }],
  [500, [key('server_error')], { code: 'service-unavailable', outcomeUnknown: true }],
  [503, 'joe@example.com', { code: 'service-unavailable', errorKey: undefined, outcomeUnknown: true }],
  [
    201,
    '<html>joe@example.com</html>',
    { code: 'unexpected-answer', fault: 'is not JSON', outcomeUnknown: true },
  ],
  [
    201,
    { state: 'joe@example.com' },
    { code: 'unexpected-answer', fault: 'lacks what it should hold', outcomeUnknown: true },
  ],
];

test.each(failures)(
  'a POST answered %i %j is one error with its facts, and nothing of the text',
  async (status, body, facts) => {
    const { server, client, logged } = started;
    server.answers({ status, headers: { 'x-amzn-RequestId': 'req-77' }, body });
    const error = (await failureOf(client.importContacts(file))) as Error;
    expect(error).toMatchObject({
      status,
      requestId: 'req-77',
      method: 'POST',
      path: '/activities/contacts_file_import',
      ...facts,
    });
    expect(error.message).toContain('req-77');
    expect(server.requests).toHaveLength(1);

    const failed = logged.events.filter(({ event }) => event === 'constant-contact.call-failed');
    expect(failed).toEqual([
      expect.objectContaining({
        level: 'warn',
        dimensions: expect.objectContaining({ status, requestId: 'req-77', milliseconds: 0 }) as unknown,
      }),
    ]);
    for (const text of [String(error), JSON.stringify(error), String(error.cause), logged.text()]) {
      expect(text).not.toContain('joe@example.com');
      expect(text).not.toContain(TOKEN);
    }
  },
);

test('a GET that fails leaves no outcome open', async () => {
  const { server, client } = started;
  server.answers({ status: 502, body: 'bad gateway' }, { status: 200, body: '{' });
  expect(await failureOf(client.customFields())).toMatchObject({
    code: 'service-unavailable',
    outcomeUnknown: false,
  });
  expect(await failureOf(client.customFields())).toMatchObject({
    code: 'unexpected-answer',
    outcomeUnknown: false,
  });
});

test('after 401 another token is asked for, once, and the same request is made again in a slot of its own', async () => {
  const { server, client, refused, budget } = started;
  server.answers(
    { status: 401, body: key('unauthorized') },
    { status: 201, body: { activity_id: 'j1', state: 'initialized' } },
  );
  await client.importContacts(file);
  expect(refused).toEqual([undefined, TOKEN]);
  expect(budget.reservedAt).toEqual([0, 1]);
  const [first, second] = server.requests;
  expect(second?.headers.authorization).toBe(`Bearer ${RENEWED_TOKEN}`);
  expect(second?.body).toEqual(first?.body);
});

test('a second 401 is final', async () => {
  const { server, client } = started;
  server.answers({ status: 401, body: key('unauthorized') });
  expect(await failureOf(client.contactLists())).toMatchObject({
    code: 'unauthorized',
    errorKey: 'unauthorized',
    status: 401,
  });
  expect(server.requests).toHaveLength(2);
});

test('a throttled call waits about a second and is made again, a POST too, as it was not carried out', async () => {
  const { server, client, time, budget } = started;
  server.answers(
    { status: 429, body: key('throttled') },
    { status: 429, headers: { 'retry-after': '2' }, body: key('throttled') },
    { status: 201, body: { activity_id: 'j1', state: 'initialized' } },
  );
  await client.importContacts(file);
  expect(time.sleeps).toEqual([1000, 2000]);
  expect(budget.reservedAt).toEqual([0, 1, 2]);
});

test('a call that stays throttled is given up after four tries', async () => {
  const { server, client } = started;
  server.answers({ status: 429, body: key('throttled') });
  expect(await failureOf(client.contactLists())).toMatchObject({ code: 'throttled', outcomeUnknown: false });
  expect(server.requests).toHaveLength(4);
});

test('a long Retry-After is the caller’s to wait for', async () => {
  const { server, client, time } = started;
  server.answers({ status: 429, headers: { 'retry-after': '30' }, body: key('throttled') });
  expect(await failureOf(client.contactLists())).toMatchObject({
    code: 'throttled',
    retryAfterMilliseconds: 30_000,
  });
  expect(time.sleeps).toEqual([]);
});

test('a 429 of a GET is never a full queue', async () => {
  const { server, client } = started;
  server.answers({ status: 429, headers: { 'retry-after': '60' }, body: '' });
  expect(await failureOf(client.importJob('j1'))).toMatchObject({ code: 'throttled' });
});

test('when Constant Contact says that the day is spent, everybody on the key is told until when', async () => {
  const { server, client, budget } = started;
  server.answers({ status: 429, body: key('quota_exceeded') });
  await failureOf(client.contactLists());
  expect(budget.spentUntil).toEqual([Date.parse('2026-04-29T00:00:00Z')]);
  expect(server.requests).toHaveLength(1);
});

test('a failure to tell the others does not hide that the day is spent', async () => {
  const faulty = await startClient({
    budget: { reserve: () => Promise.resolve(), markDaySpent: () => Promise.reject(new Error('no storage')) },
  });
  try {
    faulty.server.answers({ status: 429, body: key('quota_exceeded') });
    expect(await failureOf(faulty.client.contactLists())).toMatchObject({ code: 'quota-exceeded' });
    expect(faulty.logged.events.at(-1)).toMatchObject({ event: 'constant-contact.day-not-marked-spent' });
  } finally {
    await faulty.server.close();
  }
});

test('what the budget and the sign-in say is passed on as it is, and nothing is sent', async () => {
  const cause = new Error('no slot');
  const parked = await startClient({
    budget: { reserve: () => Promise.reject(cause), markDaySpent: () => Promise.resolve() },
  });
  const unsigned = await startClient({ accessToken: () => Promise.reject(cause) });
  try {
    expect(await failureOf(parked.client.importContacts(file))).toBe(cause);
    expect(await failureOf(unsigned.client.importContacts(file))).toBe(cause);
    expect([...parked.server.requests, ...unsigned.server.requests]).toHaveLength(0);
  } finally {
    await parked.server.close();
    await unsigned.server.close();
  }
});
