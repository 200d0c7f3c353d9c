// What the client sends, byte by byte, and what it makes of the answers.
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { WaitForSlot } from '../../shared/constant-contact/budget';
import { LARGEST_CSV_BYTES, LARGEST_IMPORT_BODY_BYTES } from '../../shared/constant-contact/import-body';
import { csvFile } from './support/csv-file';
import { NOON, startClient, TOKEN, type StartedClient } from './support/client';

let started: StartedClient;
beforeEach(async () => {
  started = await startClient();
});
afterEach(() => started.server.close());

const closed = async (stream: Readable) => stream.closed || (await once(stream, 'close'));
const job = { activity_id: '86b90820-cc52-11ea-9dad-fa163e3d9194', state: 'initialized' };

test('an import is one multipart request: the file, and all lists in one field', async () => {
  const { server, client } = started;
  server.answers({ status: 201, body: { ...job, source_file_name: 'run-0001-1.csv' } });
  const csv = csvFile('email,first_name\r\nzoë@example.com,"Zoë\n"\r\n', 7);

  const accepted = await client.importContacts({
    fileName: 'run-0001-1.csv',
    csv,
    listIds: ['list-1', 'list-2'],
  });

  expect(accepted).toMatchObject({ id: job.activity_id, state: 'initialized', fileName: 'run-0001-1.csv' });
  const [request] = server.requests;
  expect(request).toMatchObject({ method: 'POST', url: '/v3/activities/contacts_file_import' });
  const boundary =
    /^multipart\/form-data; boundary=(\S+)$/.exec(request?.headers['content-type'] ?? '')?.[1] ?? '';
  expect(boundary).not.toBe('');
  expect(request?.headers).toMatchObject({
    authorization: `Bearer ${TOKEN}`,
    accept: 'application/json',
    'content-length': String(request?.body.byteLength),
  });
  expect(request?.body.toString()).toBe(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="file"; filename="run-0001-1.csv"',
      'Content-Type: text/csv',
      '',
      'email,first_name\r\nzoë@example.com,"Zoë\n"\r\n',
      `--${boundary}`,
      'Content-Disposition: form-data; name="list_ids"',
      '',
      'list-1,list-2',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  );
});

test('the largest file to all fifty lists fits into the largest body, and arrives whole', async () => {
  const { server, client } = started;
  server.answers({ status: 201, body: job });
  const listIds = Array.from({ length: 50 }, (_, index) => `04fe9a97-a579-43c5-bb1a-58ed29bf0a${10 + index}`);
  const csv = Buffer.alloc(LARGEST_CSV_BYTES, 'x');

  await client.importContacts({ fileName: `${'n'.repeat(200)}.csv`, csv: csvFile(csv), listIds });

  const body = server.requests[0]!.body;
  expect(body.byteLength).toBeLessThanOrEqual(LARGEST_IMPORT_BODY_BYTES);
  expect(body.includes(csv)).toBe(true);
});

test.each([
  [
    'a body over the limit',
    { fileName: 'a.csv', csv: csvFile(Buffer.alloc(LARGEST_IMPORT_BODY_BYTES)), listIds: ['l'] },
  ],
  ['no list', { fileName: 'a.csv', csv: csvFile('email'), listIds: [] }],
  ['51 lists', { fileName: 'a.csv', csv: csvFile('email'), listIds: Array<string>(51).fill('l') }],
  ['a list id that is two', { fileName: 'a.csv', csv: csvFile('email'), listIds: ['l,m'] }],
  ['a file name that is not a CSV file', { fileName: 'a.txt', csv: csvFile('email'), listIds: ['l'] }],
])('an import with %s is stopped before anything is sent', async (_, file) => {
  const { server, client, budget } = started;
  await expect(client.importContacts(file)).rejects.toMatchObject({ code: 'import-malformed' });
  expect(server.requests).toHaveLength(0);
  expect(budget.reservedAt).toHaveLength(0);
});

test('an import whose time to start is over when its slot comes is not sent', async () => {
  const { server, client } = started;
  const file = { fileName: 'a.csv', csv: csvFile('email'), listIds: ['l'] };
  await expect(client.importContacts(file, { startBy: NOON - 1 })).rejects.toMatchObject({
    code: 'wait-for-slot',
    until: NOON,
  });
  expect(server.requests).toHaveLength(0);
});

test('a file is open before its slot is taken, and closed whatever comes of it', async () => {
  const opened: Readable[] = [];
  const events: string[] = [];
  const csv = {
    ...csvFile('email'),
    open() {
      events.push('opened');
      opened.push(Readable.from([Buffer.from('email')]));
      return Promise.resolve(opened.at(-1)!);
    },
  };
  const file = { fileName: 'a.csv', csv, listIds: ['l'] };
  const none = new WaitForSlot(NOON);
  const parked = await startClient({
    budget: {
      reserve: () => {
        events.push('slot');
        return Promise.reject(none);
      },
      markDaySpent: () => Promise.resolve(),
    },
  });
  try {
    await expect(parked.client.importContacts(file)).rejects.toBe(none);
    expect(events).toEqual(['opened', 'slot']);
    started.server.answers({ status: 201, body: job });
    await started.client.importContacts(file);
    await expect(started.client.importContacts(file, { startBy: NOON - 1 })).rejects.toThrow(WaitForSlot);
    expect(opened).toHaveLength(3);
    await Promise.all(opened.map(closed));
  } finally {
    await parked.server.close();
  }
});

const requests: readonly [
  string,
  string,
  unknown,
  (client: StartedClient['client']) => Promise<unknown>,
  unknown,
][] = [
  [
    'contact lists',
    '/v3/contact_lists?limit=500&status=active&include_membership_count=active',
    {
      lists: [
        { list_id: 'l1', name: 'News', description: null, membership_count: 12 },
        { list_id: 'l2', name: 'Odd', membership_count: 'many' },
      ],
      lists_count: 2,
    },
    (client) => client.contactLists(),
    [
      { id: 'l1', name: 'News', deleted: false, members: 12 },
      { id: 'l2', name: 'Odd', deleted: false },
    ],
  ],
  [
    'one contact list, which is deleted',
    '/v3/contact_lists/l1',
    { list_id: 'l1', name: 'News', deleted_at: '2026-01-01T00:00:00Z' },
    (client) => client.contactList('l1'),
    { id: 'l1', name: 'News', deleted: true },
  ],
  [
    'custom fields',
    '/v3/contact_custom_fields?limit=100',
    {
      custom_fields: [
        { custom_field_id: 'f1', name: 'loyalty_tier', label: 'Loyalty tier', type: 'string', choices: [] },
      ],
    },
    (client) => client.customFields(),
    [{ id: 'f1', name: 'loyalty_tier', label: 'Loyalty tier', type: 'string' }],
  ],
  [
    'the account',
    '/v3/account/summary',
    { encoded_account_id: 'p07e', organization_name: 'Contoso', contact_email: 'owner@example.com' },
    (client) => client.accountSummary(),
    { id: 'p07e', organizationName: 'Contoso' },
  ],
  [
    'the proof of the privilege to import',
    '/v3/activities?limit=1',
    { activities: [] },
    (client) => client.proveImport(),
    undefined,
  ],
  [
    'one import job',
    `/v3/activities/${job.activity_id}`,
    job,
    (client) => client.importJob(job.activity_id),
    expect.objectContaining({ id: job.activity_id }),
  ],
];

test.each(requests)('%s: a plain GET, read into our own words', async (_, url, body, call, expected) => {
  const { server, client } = started;
  server.answers({ body });
  expect(await call(client)).toEqual(expected);
  expect(server.requests).toHaveLength(1);
  const [request] = server.requests;
  expect(request).toMatchObject({
    method: 'GET',
    url,
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
  });
  expect(request?.headers['content-type']).toBeUndefined();
  expect(request?.body).toHaveLength(0);
});

test('a new contact list is made with its name alone', async () => {
  const { server, client } = started;
  server.answers({ status: 201, body: { list_id: 'l9', name: 'VIP "gold"' } });
  expect(await client.createContactList('VIP "gold"')).toEqual({
    id: 'l9',
    name: 'VIP "gold"',
    deleted: false,
  });
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    url: '/v3/contact_lists',
    headers: { 'content-type': 'application/json' },
  });
  expect(server.requests[0]?.body.toString()).toBe('{"name":"VIP \\"gold\\""}');
});

test('a job tells state, counters and errors, in both of the forms that are documented', async () => {
  const { server, client } = started;
  const status = {
    items_total_count: 87,
    items_completed_count: 87,
    person_count: 86,
    error_count: 1,
    correctable_count: 2,
    cannot_add_to_list_count: 3,
  };
  server.answers({
    body: {
      ...job,
      state: 'time_out',
      created_at: '2026-04-28T21:48:15Z',
      percent_done: 100,
      status,
      activity_errors: ['Line 2: bad', { message: 'Line 3: bad' }, 7],
    },
  });
  expect(await client.importJob('x')).toEqual({
    id: job.activity_id,
    state: 'timed_out',
    fileName: undefined,
    createdAt: '2026-04-28T21:48:15Z',
    counters: { errors: 1, correctable: 2, cannotAddToList: 3 },
    errors: ['Line 2: bad', 'Line 3: bad', 'an error in a form that this app cannot read'],
  });
});

test('a counter that is no count is never taken for none, and does not hide the job', async () => {
  const { server, client } = started;
  server.answers({ body: { ...job, status: { error_count: '12 rows' } } });
  expect((await client.importJob('x')).counters.errors).toBeNaN();
});

test('an id that would name another resource is not found, and nothing is asked', async () => {
  const { server, client } = started;
  for (const id of ['..', 'a/b', '', 'a?x=1', 'a%2fb']) {
    await expect(client.contactList(id)).rejects.toMatchObject({
      code: 'not-found',
      path: '/contact_lists/{list_id}',
    });
  }
  expect(server.requests).toHaveLength(0);
});

test('each request has a slot of the budget, taken right before it, and is logged without ids', async () => {
  const { server, client, budget, logged } = started;
  server.answers({ headers: { 'x-amzn-requestid': 'req-1' }, body: { list_id: 'l1', name: 'News' } });
  await client.contactList('l1');
  await client.contactList('l1');
  expect(budget.reservedAt).toEqual([0, 1]);
  expect(logged.events[0]).toEqual({
    level: 'info',
    event: 'constant-contact.called',
    dimensions: {
      method: 'GET',
      path: '/contact_lists/{list_id}',
      status: 200,
      requestId: 'req-1',
      milliseconds: 0,
    },
  });
});
