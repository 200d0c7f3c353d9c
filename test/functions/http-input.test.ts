// What a request brings is checked before anything is done, and what is wrong with it is named by its field.
import { z } from 'zod';
import { checkMatch, etagOf, requireMatch } from '../../functions/http/etag';
import { LARGEST_BODY_BYTES } from '../../functions/http/read-input';
import { cursorOf, keyOf, pageQuery } from '../../functions/http/cursor';
import { route, type Route } from '../../functions/http/route';
import { routesOf } from '../../functions/http/routes';
import { startHttpWorld, type Ask, type HttpWorld } from './http-world';

let app: HttpWorld;
beforeEach(async () => {
  app = await startHttpWorld();
});
afterEach(() => app.stop());

const problem = (code: string) => `urn:segments-to-constant-contact:problem:${code}`;
let taken: unknown[] = [];
beforeEach(() => {
  taken = [];
});

const change = route({
  name: 'change',
  method: 'PATCH',
  path: 'samples/{sampleId}',
  role: 'Viewer',
  summary: 'A sample.',
  params: z.object({ sampleId: z.string().regex(/^[a-z]+$/) }),
  query: z.object({ limit: z.coerce.number().max(10).default(5) }),
  body: z.strictObject({
    name: z.string().min(1),
    nested: z.strictObject({ list: z.array(z.int()) }).optional(),
  }),
  answers: { 200: { description: 'What was taken.' } },
  handle({ params, query, body }) {
    taken.push({ ...params, ...query, ...body });
    return Promise.resolve({ status: 200 });
  },
});
const ask = (asked: Ask = {}, of: Route = change) =>
  app.ask(of, { params: { sampleId: 'abc' }, body: { name: 'Ada' }, ...asked });

test('what is valid arrives with its type and its defaults', async () => {
  await expect(ask({ query: 'limit=7' })).resolves.toMatchObject({ status: 200 });
  await ask({ body: { name: 'Ada', nested: { list: [1] } } });
  expect(taken).toEqual([
    { sampleId: 'abc', limit: 7, name: 'Ada' },
    { sampleId: 'abc', limit: 5, name: 'Ada', nested: { list: [1] } },
  ]);
});

test('a field that is missing, and one that a mapping cannot fill, are named with what to do', async () => {
  const create = routesOf(app.deps).find(({ name }) => name === 'createExport')!;
  const body = { name: 'x', connectionId: 'main', mapping: { email: 'E', fields: { firstname: 'F' } } };
  const { json } = await app.ask(create, { body, as: 'Administrator' });
  expect(json['errors']).toEqual([
    { path: 'listId', message: 'is missing' },
    {
      path: 'mapping.fields.firstname',
      message: expect.stringMatching(
        /^is not a field of a contact; there are first_name, .*country, and "cf:"/,
      ) as string,
    },
    { path: 'segments', message: 'is missing' },
  ]);
});

describe('nothing is done for', () => {
  afterEach(() => {
    expect(taken).toEqual([]);
  });

  test.each<[string, Ask, string]>([
    ['a field that is not known', { body: { name: 'Ada', role: 'x' } }, ''],
    ['a field of the wrong type', { body: { name: 5 } }, 'name'],
    ['a wrong element far inside', { body: { name: 'A', nested: { list: [1, 'x'] } } }, 'nested.list.1'],
    ['a field that is missing', { body: {} }, 'name'],
    ['a parameter that is not known', { query: 'order=up' }, ''],
    ['a parameter out of its range', { query: 'limit=11' }, 'limit'],
    ['a parameter that is there twice', { query: 'limit=1&limit=2' }, 'limit'],
  ])('%s, and the answer names it', async (_name, asked, path) => {
    const answer = await ask(asked);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ type: problem('invalid-request'), errors: [{ path }] });
  });

  test('an id that is none: it is the id of nothing', async () => {
    for (const sampleId of ['..', 'a/b', '😀', 'a'.repeat(1000) + '1', '']) {
      await expect(ask({ params: { sampleId } })).resolves.toMatchObject({ status: 404 });
    }
  });

  test.each<[string, string, string, number]>([
    ['JSON that is cut short', '{"name":', 'application/json', 400],
    ['a form', 'name=Ada', 'application/x-www-form-urlencoded', 415],
    ['text', '{"name":"Ada"}', 'text/plain', 415],
    ['a body without end', `"${'x'.repeat(LARGEST_BODY_BYTES)}"`, 'application/json', 413],
  ])('%s', async (_name, text, type, status) => {
    const answer = await ask({ text, headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});

test('a wrong value is not repeated in the answer', async () => {
  const answer = await ask({ body: { name: 5, secret: 'secret.person@example.com' } });
  expect(answer.text).not.toContain('secret.person@example.com');
});

test('a route without a body takes none, or an empty one', async () => {
  const start: Route = route({
    name: 'start',
    method: 'POST',
    path: 'samples',
    role: 'Viewer',
    summary: 'A sample.',
    answers: { 202: { description: 'Started.' } },
    handle: () => Promise.resolve({ status: 202 }),
  });
  await expect(app.ask(start)).resolves.toMatchObject({ status: 202 });
  await expect(app.ask(start, { body: {} })).resolves.toMatchObject({ status: 202 });
  await expect(app.ask(start, { body: { at: 'noon' } })).resolves.toMatchObject({ status: 400 });
});

describe('versions', () => {
  const stored = { etag: `W/"datetime'2026-03-02T09%3A00%3A00Z'"` };
  const matching = (value?: string) =>
    ({ headers: new Headers(value === undefined ? {} : { 'if-match': value }) }) as never;

  test('a change that names the stored version goes through, also by way of a proxy that weakens ETags', () => {
    for (const value of [etagOf(stored), `W/${etagOf(stored)}`, `"other", ${etagOf(stored)}`, '*']) {
      expect(() => requireMatch(matching(value), stored)).not.toThrow();
    }
  });

  test('another version is refused with 412, and none with 428', () => {
    expect(() => requireMatch(matching('"other"'), stored)).toThrow(
      expect.objectContaining({ status: 412 }) as Error,
    );
    expect(() => requireMatch(matching(), stored)).toThrow(expect.objectContaining({ status: 428 }) as Error);
  });

  test('where a version may be named, only a wrong one is refused', () => {
    expect(() => checkMatch(matching(), stored)).not.toThrow();
    expect(() => checkMatch(matching('"other"'), stored)).toThrow(
      expect.objectContaining({ status: 412 }) as Error,
    );
  });
});

describe('pages', () => {
  test('a cursor is what the page before gave, and nothing else', () => {
    expect(keyOf(cursorOf('abc') ?? undefined, /^[a-z]+$/)).toBe('abc');
    expect(keyOf(undefined, /^[a-z]+$/)).toBeUndefined();
    expect(cursorOf(undefined)).toBeNull();
    for (const forged of ["' or 1 eq 1", 'ABC', '%00', Buffer.from('../x').toString('base64url')]) {
      expect(() => keyOf(forged, /^[a-z]+$/)).toThrow(expect.objectContaining({ status: 400 }) as Error);
    }
  });

  test('a page has 50 things unless asked for 1 to 100', () => {
    expect(pageQuery.parse({}).limit).toBe(50);
    expect(pageQuery.safeParse({ limit: '0' }).success).toBe(false);
    expect(pageQuery.safeParse({ limit: '101' }).success).toBe(false);
  });
});

test('a request says where it comes from by the address that the platform added last', async () => {
  const noted = route({
    name: 'noted',
    method: 'POST',
    path: 'samples',
    role: 'Viewer',
    summary: 'A sample.',
    answers: { 200: { description: 'Noted.' } },
    async handle({ audit }) {
      await audit({ action: 'export.change', subject: { kind: 'export', id: 'spring', name: 'Spring' } });
      return { status: 200 };
    },
  });
  const addresses: [string, string | null][] = [
    ['1.1.1.1, 203.0.113.7:50123', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::2', '2001:db8::2'],
  ];
  for (const [header] of addresses) await app.ask(noted, { headers: { 'x-forwarded-for': header } });
  await app.ask(noted);
  const { rows } = await app.deps.audit.page(10);
  expect(rows.map(({ value }) => value.from).toSorted()).toEqual(
    [...addresses.map(([, from]) => from), null].toSorted(),
  );
});
