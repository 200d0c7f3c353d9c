// Paging: how far back it goes, and where it never goes.
import fc from 'fast-check';
import { nextPage } from '../../shared/constant-contact/pages';
import { failureOf, startClient, type StartedClient } from './support/client';
import { startRecordingServer } from './support/recording-server';

let started: StartedClient;
beforeEach(async () => {
  started = await startClient();
});
afterEach(() => started.server.close());

const next = (cursor: string) => ({ next: { href: `/v3/activities?cursor=${cursor}` } });
const job = (activity_id: string, created_at?: string, state = 'processing') => ({
  activity_id,
  state,
  created_at,
});
const since = '2026-04-28T10:00:00.400Z';

test('pages of jobs are read back to the start of the run, and not further', async () => {
  const { server, client, budget } = started;
  server.answers(
    {
      body: {
        activities: [job('d', '2026-04-28T10:30:00Z'), job('c', '2026-04-28T10:20:00Z')],
        _links: next('c1'),
      },
    },
    {
      body: {
        activities: [job('b', '2026-04-28T10:00:00Z'), job('a', '2026-04-28T08:00:00Z')],
        _links: next('c2'),
      },
    },
  );
  const jobs = await client.importJobs({ since });
  expect(jobs.map(({ id }) => id)).toEqual(['d', 'c', 'b']);
  expect(server.requests.map(({ url }) => url)).toEqual([
    '/v3/activities?limit=500',
    '/v3/activities?cursor=c1',
  ]);
  expect(budget.reservedAt).toEqual([0, 1]);
});

test('jobs that come oldest first are read to the end', async () => {
  const { server, client } = started;
  server.answers(
    {
      body: {
        activities: [job('a', '2026-04-27T08:00:00Z'), job('b', '2026-04-27T09:00:00Z')],
        _links: next('c1'),
      },
    },
    { body: { activities: [job('c', '2026-04-28T11:00:00Z'), job('d', '2026-04-28T12:00:00Z')] } },
  );
  expect((await client.importJobs({ since })).map(({ id }) => id)).toEqual(['d', 'c']);
});

test('a job without a time is kept, and a job that moved to the next page is told once, as it was seen last', async () => {
  const { server, client } = started;
  server.answers(
    {
      body: {
        activities: [job('b', '2026-04-28T10:20:00Z'), job('a', '2026-04-28T10:10:00Z')],
        _links: next('c1'),
      },
    },
    { body: { activities: [job('a', '2026-04-28T10:10:00Z', 'completed'), job('x')], _links: null } },
  );
  const jobs = await client.importJobs({ since });
  expect(jobs.map(({ id, state }) => [id, state])).toEqual([
    ['b', 'processing'],
    ['a', 'completed'],
    ['x', 'processing'],
  ]);
});

test('a job of a kind or state that is new to this app does not hide the others', async () => {
  const { server, client } = started;
  server.answers({
    body: {
      activities: [
        job('a', '2026-04-28T11:00:00Z', 'dreaming'),
        job('b', '2026-04-28T10:30:00Z', 'completed'),
      ],
    },
  });
  expect((await client.importJobs({ since })).map(({ state }) => state)).toEqual(['unknown', 'completed']);
});

test('a page that is named again ends the reading with an error', async () => {
  const { server, client } = started;
  server.answers({ body: { lists: [], _links: { next: { href: '/v3/contact_lists?cursor=same' } } } });
  expect(await failureOf(client.contactLists())).toMatchObject({
    code: 'unexpected-answer',
    path: '/contact_lists',
  });
  expect(server.requests).toHaveLength(2);
});

test('pages without end are given up', async () => {
  const { server, client, logged } = started;
  let page = 0;
  server.answer(() => ({
    body: { lists: [], _links: { next: { href: `/v3/contact_lists?cursor=cursor-${page++}` } } },
  }));
  expect(await failureOf(client.contactLists())).toMatchObject({ code: 'unexpected-answer' });
  expect(server.requests).toHaveLength(20);
  expect(logged.text()).not.toContain('cursor-');
});

test('a next page on another server is not asked for', async () => {
  const { server, client } = started;
  const elsewhere = await startRecordingServer();
  try {
    const hosts = [
      elsewhere.url,
      // Its own address, but not in the form that is documented.
      `${server.url}/v3/contact_lists`,
      elsewhere.url.replace('http:', ''),
      elsewhere.url.replace('http://', '/\\'),
      '/v4',
      '/v3/../admin',
      '/v3',
      'contact_lists',
      '',
    ];
    for (const host of hosts) {
      server.answers({ body: { lists: [], _links: { next: { href: `${host}?cursor=1` } } } });
      expect(await failureOf(client.contactLists())).toMatchObject({ code: 'unexpected-answer' });
    }
    expect(elsewhere.requests).toHaveLength(0);
    expect(server.requests).toHaveLength(hosts.length);
  } finally {
    await elsewhere.close();
  }
});

test('whatever an answer names as the next page, the token stays below the address of the API', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    '//',
    '..',
    '/v3/',
    '/v3/contact_lists',
    'http://',
    'evil.example',
    '@',
    ':8080',
    '?',
    '#',
    '%2e%2e',
    '\t',
    'a',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
        fc.string(),
      ),
      (href) => {
        const url = nextPage('https://api.cc.email/v3', href);
        return url === undefined || url.startsWith('https://api.cc.email/v3/');
      },
    ),
    { numRuns: 2000 },
  );
});

test('a path below the address of the API is followed with its query as it is', () => {
  expect(nextPage('https://api.cc.email/v3', '/v3/activities?cursor=bGltaXQ9NQ%3D%3D')).toBe(
    'https://api.cc.email/v3/activities?cursor=bGltaXQ9NQ%3D%3D',
  );
});
