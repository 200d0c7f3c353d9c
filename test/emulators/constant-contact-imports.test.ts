// The emulated bulk import: what it takes, what it does to the contacts, and what it says about it.
import { makeCaller, startForTest } from './constant-contact-caller';

type Started = Awaited<ReturnType<typeof startForTest>>;
let started: Started;

async function start(options?: Parameters<typeof startForTest>[0]): Promise<Started> {
  return (started = await startForTest(options));
}
afterEach(() => started.emulator.stop());

const filePath = '/activities/contacts_file_import';
const idOf = (body: unknown) => (body as { activity_id: string }).activity_id;

/** Imports, lets the job end, and answers what the API then says of it. */
async function importAndEnd({ import: send, clock, get, listId }: Started, csv: string, listIds = listId) {
  const accepted = await send(csv, listIds);
  expect(accepted.status).toBe(201);
  clock.advance(1_000);
  return (await get(`/activities/${idOf(accepted.body)}`)).body as Record<string, unknown>;
}

const people = ({ emulator, listId }: Started) =>
  [...emulator.members(listId)].map(({ address, fields }) => ({ address, ...fields }));

test('an accepted file is a job that is initialized, then processing, then completed, with its file name', async () => {
  const { import: send, clock, get, listId } = await start();
  const accepted = await send('email,first_name\na@example.com,Ann\n', listId, 'run-1-1.csv');
  expect(accepted).toMatchObject({
    status: 201,
    body: {
      state: 'initialized',
      source_file_name: 'run-1-1.csv',
      created_at: '2026-03-10T12:00:00Z',
      percent_done: 0,
      activity_errors: [],
      status: {},
      _links: { self: { href: `/v3/activities/${idOf(accepted.body)}` } },
    },
  });
  const path = `/activities/${idOf(accepted.body)}`;
  clock.advance(500);
  expect((await get(path)).body).toMatchObject({ state: 'processing', percent_done: 33 });
  clock.advance(500);
  expect((await get(path)).body).toMatchObject({
    state: 'completed',
    percent_done: 100,
    completed_at: '2026-03-10T12:00:01Z',
    source_file_name: 'run-1-1.csv',
    status: {
      items_total_count: 2,
      items_completed_count: 2,
      person_count: 1,
      error_count: 0,
      correctable_count: 0,
      cannot_add_to_list_count: 0,
    },
  });
});

test('contacts are kept by lower-cased address, updated by what is given, and added to lists', async () => {
  const started = await start({
    seed: { lists: [{ name: 'Customers' }, { name: 'Friends' }], customFields: [{ label: 'Loyalty tier' }] },
  });
  const friends = started.emulator.state().lists[1]!.id;
  await importAndEnd(started, 'email,first_name,last_name\nAnn@Example.com,Ann,Ash\n');
  await importAndEnd(started, 'email,first_name,cf:Loyalty_tier\nann@example.COM,Anna,gold\n', friends);
  expect(people(started)).toEqual([
    { address: 'ann@example.com', first_name: 'Anna', last_name: 'Ash', 'cf:Loyalty_tier': 'gold' },
  ]);
  expect([...started.emulator.members(friends)]).toHaveLength(1);
});

test('a blank cell changes nothing, and is counted', async () => {
  const started = await start();
  await importAndEnd(started, 'email,first_name\na@example.com,Ann\n');
  await importAndEnd(started, 'email,first_name\na@example.com,\nb@example.com," "\n');
  expect(people(started)).toEqual([
    { address: 'a@example.com', first_name: 'Ann' },
    { address: 'b@example.com' },
  ]);
  expect(started.emulator.state().blankCells).toBe(2);
});

test('quoted cells may hold commas, quotes and line breaks, and errors name the line on which a row starts', async () => {
  const started = await start();
  const job = await importAndEnd(
    started,
    '\uFEFFemail,first_name\r\na@example.com,"Ann, ""the"" one\r\nand only"\r\nnobody,X\r\nb@example.com,Ünal',
  );
  expect(people(started)).toEqual([
    { address: 'a@example.com', first_name: 'Ann, "the" one\r\nand only' },
    { address: 'b@example.com', first_name: 'Ünal' },
  ]);
  expect(job['activity_errors']).toEqual(['Line 4: Invalid email']);
});

test('rows with bad values are correctable, rows of the wrong width are errors, and the others go through', async () => {
  const started = await start();
  const rows = [
    'ok@example.com,2,29',
    'no-at.example.com,1,1',
    'no-domain@example,1,1',
    'a b@example.com,1,1',
    'a[b]@example.com,1,1',
    '"a,b@example.com",1,1',
    `${'x'.repeat(69)}@example.com,1,1`,
    'birthday@example.com,2,30',
    'wide@example.com,1,1,1',
  ];
  const job = await importAndEnd(started, `email,birthday_month,birthday_day\n${rows.join('\n')}\n`);
  expect(people(started).map(({ address }) => address)).toEqual(['ok@example.com']);
  expect(job['status']).toMatchObject({ items_total_count: 10, correctable_count: 7, error_count: 1 });
  expect(job['activity_errors']).toHaveLength(8);
});

test('a person who has unsubscribed is not added to a list; a deleted one comes back', async () => {
  const started = await start({
    seed: {
      contacts: [
        { address: 'left@example.com', status: 'unsubscribed' },
        { address: 'gone@example.com', status: 'deleted' },
      ],
    },
  });
  const job = await importAndEnd(started, 'email\nleft@example.com\ngone@example.com\n');
  expect(people(started)).toEqual([{ address: 'gone@example.com' }]);
  expect(job['status']).toMatchObject({ cannot_add_to_list_count: 1, person_count: 2 });
  const read = await started.get('/contacts?status=unsubscribed');
  expect(read.body).toMatchObject({
    contacts: [{ email_address: { address: 'left@example.com', permission_to_send: 'unsubscribed' } }],
  });
});

test.each([
  ['first', 'One'],
  ['last', 'Two'],
] as const)(
  'of two rows with one address, the %s counts when so switched, without a word',
  async (duplicates, name) => {
    const started = await start({ switches: { duplicates } });
    const job = await importAndEnd(started, 'email,first_name\nA@example.com,One\na@example.com,Two\n');
    expect(people(started)).toEqual([{ address: 'a@example.com', first_name: name }]);
    expect(job['activity_errors']).toEqual([]);
    expect(started.emulator.state().jobs[0]).toMatchObject({ duplicates: 1 });
  },
);

test('a value longer than its field is cut and counted', async () => {
  const started = await start();
  await importAndEnd(started, `email,first_name\na@example.com,${'😀'.repeat(51)}\n`);
  expect(people(started)[0]).toMatchObject({ first_name: '😀'.repeat(50) });
  expect(started.emulator.state().overLength).toBe(1);
});

test('of a body over the limit the rest is dropped in silence, and so are contacts over theirs; both can be seen here', async () => {
  const started = await start({ limits: { importBytes: 600, importContacts: 3 } });
  const rows = Array.from({ length: 50 }, (_, index) => `person${index}@example.com`);
  const big = await importAndEnd(started, `email\n${rows.join('\n')}\n`);
  expect(big).toMatchObject({ state: 'completed', activity_errors: [] });
  expect(people(started)).toHaveLength(3);
  expect(started.emulator.state().oversize).toEqual([
    {
      jobId: big['activity_id'],
      bytes: expect.any(Number) as number,
      contacts: expect.any(Number) as number,
    },
  ]);
  const [{ bytes, contacts } = { bytes: 0, contacts: 0 }] = started.emulator.state().oversize;
  expect(bytes).toBeGreaterThan(0);
  expect(contacts).toBeGreaterThan(0);
  expect(contacts).toBeLessThan(47);
});

test('a body over the limit is refused instead when so switched', async () => {
  const {
    emulator,
    import: send,
    listId,
  } = await start({ limits: { importBytes: 100 }, switches: { oversize: 'refuse-413' } });
  expect((await send('email\na@example.com\n', listId)).status).toBe(413);
  emulator.setSwitches({ oversize: 'refuse-400' });
  expect((await send('email\na@example.com\n', listId)).status).toBe(400);
});

describe('a file is refused', () => {
  const good = 'email\na@example.com\n';
  const refusal = (status: number) => ({
    status,
    body: [
      {
        error_key: expect.stringMatching(/^contacts\.api\./) as string,
        error_message: expect.any(String) as string,
      },
    ],
  });

  test('with 415 when it is not a CSV file, or not sent as one', async () => {
    const { call, post, listId } = await start();
    const form = (name: string, type: string) => {
      const data = new FormData();
      data.set('list_ids', listId);
      data.set('file', new Blob([good], { type }), name);
      return data;
    };
    expect(await post(filePath, form('people.txt', 'text/csv'))).toMatchObject(refusal(415));
    expect(await post(filePath, form('people.csv', 'application/json'))).toMatchObject(refusal(415));
    expect(await call('POST', filePath, { file: good })).toMatchObject(refusal(415));
  });

  test('with 400 when list_ids is missing, repeated, too long, or names no list', async () => {
    const { import: send, post, emulator, listId } = await start();
    expect(await send(good, '')).toMatchObject(refusal(400));
    expect(await send(good, Array<string>(51).fill(listId).join(','))).toMatchObject(refusal(400));
    expect(await send(good, '00000000-0000-4000-8000-000000000000')).toMatchObject(refusal(400));
    const twice = new FormData();
    twice.set('file', new Blob([good], { type: 'text/csv' }), 'people.csv');
    twice.append('list_ids', listId);
    twice.append('list_ids', listId);
    expect(await post(filePath, twice)).toMatchObject(refusal(400));
    emulator.deleteList(listId);
    expect(await send(good, listId)).toMatchObject(refusal(400));
    expect(emulator.state().jobs).toEqual([]);
  });

  test('with 400 when its header has no address, or a column that is not known', async () => {
    const { import: send, listId } = await start();
    expect(await send('first_name\nAnn\n', listId)).toMatchObject(refusal(400));
    expect(await send('email,shoe_size\na@example.com,40\n', listId)).toMatchObject(refusal(400));
    expect(await send('email,cf:colour\na@example.com,red\n', listId)).toMatchObject(refusal(400));
    expect(await send('email,email\na@example.com,b@example.com\n', listId)).toMatchObject(refusal(400));
    expect(await send('', listId)).toMatchObject(refusal(400));
  });

  test('with 429 when too many jobs are open', async () => {
    const { import: send, clock, emulator, listId } = await start({ limits: { queue: 2 } });
    await send(good, listId);
    await send(good, listId);
    expect(await send(good, listId)).toMatchObject(refusal(429));
    expect(emulator.state().violations).toMatchObject([{ kind: 'queue' }]);
    clock.advance(1_000);
    expect((await send(good, listId)).status).toBe(201);
  });
});

test('nobody is in more than five jobs within 24 hours unseen', async () => {
  let started = await start();
  for (let job = 0; job < 5; job += 1) await importAndEnd(started, 'email\na@example.com\na@example.com\n');
  expect(started.emulator.state()).toMatchObject({ maxJobsPerPerson: 5, flagged: 0 });
  started.clock.advance(86_400_000);
  started = { ...started, ...makeCaller(started.emulator) };
  await importAndEnd(started, 'email\na@example.com\n');
  expect(started.emulator.state()).toMatchObject({ maxJobsPerPerson: 5, flagged: 0 });
  for (let job = 0; job < 5; job += 1) await importAndEnd(started, 'email\na@example.com\n');
  expect(started.emulator.state()).toMatchObject({ maxJobsPerPerson: 6, flagged: 1 });
  started.emulator.setSwitches({ refuseFlagged: true });
  const refused = await importAndEnd(started, 'email\na@example.com\n');
  expect(refused['status']).toMatchObject({ correctable_count: 1 });
});

test('a full file of 39,999 contacts is taken in and read', async () => {
  const started = await start();
  const rows = Array.from({ length: 39_999 }, (_, index) => `person${index}@example.com,First${index},Last`);
  const job = await importAndEnd(started, `email,first_name,last_name\n${rows.join('\n')}\n`);
  expect(job['status']).toMatchObject({ items_total_count: 40_000, person_count: 39_999 });
  expect(started.emulator.state().lists[0]).toMatchObject({ memberCount: 39_999 });
});
