// Exports over HTTP: what is saved, what is checked before, who may do it, and what stays on record.
import { changeExport } from '../../functions/http/exports/change-export';
import { createExport } from '../../functions/http/exports/create-export';
import { duplicateExport } from '../../functions/http/exports/duplicate-export';
import { previewExport } from '../../functions/http/exports/preview-export';
import { readExport } from '../../functions/http/exports/read-export';
import { removeExport } from '../../functions/http/exports/remove-export';
import { rescheduleExports } from '../../functions/http/exports/reschedule-exports';
import { aConnection, anExport, aRun, listId, runId } from '../runs/support/fixtures';
import { repeatNextChange } from '../support/memory-tables';
import type { Answered, Ask } from './http-world';
import { startWholeWorld, type WholeWorld } from './whole-world';

let app: WholeWorld;
beforeEach(async () => {
  app = await startWholeWorld();
});
afterEach(() => app.stop());

const draft = {
  name: 'Summer customers',
  connectionId: 'main',
  listId,
  mapping: { email: 'Email', fields: { first_name: 'FirstName' } },
  segments: ['customers'],
};
/** A connection that is being removed. */
const leaving = aConnection({
  id: 'leaving',
  name: 'Leaving',
  removing: {
    since: '2026-03-01T12:00:00.000Z',
    by: { id: 'tenant/person', name: 'Ada' },
    exports: 'detach',
  },
});
const code = ({ json }: Answered) => String(json['type']).split(':').at(-1);
const create = (change: object = {}, ask: Ask = {}) =>
  app.ask(createExport(app.deps), { body: { ...draft, ...change }, as: 'Contributor', ...ask });
const read = (exportId: string, as: Ask['as'] = 'Viewer') =>
  app.ask(readExport(app.deps), { params: { exportId }, as });
const change = async (exportId: string, body: object, ask: Ask = {}) =>
  app.ask(changeExport(app.deps), {
    params: { exportId },
    body,
    headers: await app.versionOf(exportId),
    as: 'Contributor',
    ...ask,
  });
const audited = async () => {
  const { rows } = await app.deps.audit.page(100);
  return rows.map(({ value: { action, subject, facts } }) => ({ action, id: subject.id, facts }));
};
const stored = async (id: string) => (await app.exports.get(id))?.value;

describe('POST /api/exports', () => {
  test('saves what was configured, and shows all of it', async () => {
    const schedule = {
      kind: 'times',
      times: ['18:30', '06:00'],
      days: ['friday'],
      timeZone: 'Europe/Vienna',
    };
    const answer = await create({ schedule });
    expect(answer.status).toBe(201);
    const id = String(answer.json['id']);
    expect(answer.headers['location']).toBe(`/api/exports/${id}`);
    expect(answer.json).toEqual({
      id,
      name: 'Summer customers',
      connection: { id: 'main', name: 'Main account' },
      listId,
      listName: 'Customers',
      mapping: draft.mapping,
      segments: ['customers'],
      schedule: { ...schedule, times: ['06:00', '18:30'] },
      addressesInClear: false,
      status: 'Not started',
      lastRun: null,
      nextRun: '2026-03-06T05:00:00.000Z',
      createdAt: '2026-03-01T12:00:00.000Z',
      createdBy: 'Ada Lovelace',
      updatedAt: '2026-03-01T12:00:00.000Z',
      updatedBy: 'Ada Lovelace',
      permissions: { edit: true, run: true, remove: true, seeRejects: true },
      links: { self: `/api/exports/${id}`, runs: `/api/exports/${id}/runs` },
    });
    expect((await read(id, 'Contributor')).json).toEqual(answer.json);
    expect(await audited()).toEqual([{ action: 'export.create', id, facts: {} }]);
  });

  test('saves one and puts it on record also when the answer to the write is lost', async () => {
    repeatNextChange(app.tables.exports);
    const { status, json } = await create();
    expect(status).toBe(201);
    expect(await audited()).toMatchObject([{ action: 'export.create', id: json['id'] }]);
  });

  test('takes the address of the list’s page for its id', async () => {
    const page = `https://app.constantcontact.com/pages/contacts/ui#contacts/${listId.toUpperCase()}`;
    expect((await create({ listId: page })).json).toMatchObject({ listId, listName: 'Customers' });
  });

  test('runs nothing, and takes the present data as known', async () => {
    const { json } = await create();
    expect(app.durable.requests).toEqual([]);
    await expect(app.runs.lock(String(json['id']))).resolves.toMatchObject({
      runId: null,
      pointers: { customers: expect.any(String) as string },
    });
  });

  test('names everything that is wrong at once, and saves nothing', async () => {
    const answer = await create({
      listId: '00000000-0000-4000-8000-000000000001',
      mapping: { email: 'Email', fields: { 'cf:Colour': 'FirstName', last_name: 'Surname' } },
      segments: ['customers', 'nobody'],
    });
    expect([answer.status, code(answer)]).toEqual([400, 'export-invalid']);
    const errors = answer.json['errors'] as { path: string; code: string; message: string }[];
    expect(errors.map(({ path }) => path).toSorted()).toEqual([
      'listId',
      'mapping.fields.cf:Colour',
      'mapping.fields.last_name',
      'segments.1',
    ]);
    expect(errors.every(({ message }) => message.endsWith('.'))).toBe(true);
    expect(await Array.fromAsync(app.exports.list())).toHaveLength(3);
    expect(await audited()).toEqual([]);
  });

  test('is refused with a time to try again when Constant Contact cannot be asked', async () => {
    await app.constantContact.stop();
    const answer = await create();
    expect([answer.status, code(answer)]).toEqual([503, 'constant-contact-away']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(await Array.fromAsync(app.exports.list())).toHaveLength(3);
  });

  test('is refused until tomorrow when the requests of the day are used up', async () => {
    const action = { kind: 'status', status: 429, reason: 'quota_exceeded' } as const;
    app.constantContact.failRequest({ path: '/v3', times: 100, action });
    const answer = await create();
    expect(answer.status).toBe(503);
    // It is noon.
    const seconds = Number(answer.headers['retry-after']);
    expect(seconds).toBeGreaterThan(11 * 3600);
    expect(seconds).toBeLessThanOrEqual(13 * 3600);
  });

  test('says what to do about a connection that has to sign in again', async () => {
    app.secrets.stored.clear();
    const answer = await create();
    expect(answer.json['errors']).toMatchObject([{ path: 'connectionId' }]);
  });

  test('without a connection is for administrators, and checks only the segments', async () => {
    await app.constantContact.stop();
    await expect(create({ connectionId: null })).resolves.toMatchObject({ status: 403 });
    const answer = await create({ connectionId: null }, { as: 'Administrator' });
    expect(answer).toMatchObject({
      status: 201,
      json: { connection: null, listName: null, nextRun: null, permissions: { edit: true, run: false } },
    });
  });

  test.each([
    ['is not there', 'unknown', 'connection-unknown'],
    ['is being removed', 'leaving', 'connection-being-removed'],
  ])('on a connection that %s is refused', async (_name, connectionId, expected) => {
    await app.deps.connections.create(leaving);
    const answer = await create({ connectionId }, { as: 'Administrator' });
    expect(answer).toMatchObject({
      status: 400,
      json: { errors: [{ path: 'connectionId', code: expected }] },
    });
  });
});

describe('GET /api/exports/{exportId}', () => {
  const permissions = async (id: string, as: Ask['as']) => (await read(id, as)).json['permissions'];
  const all = { edit: true, run: true, remove: true, seeRejects: true };
  const none = { edit: false, run: false, remove: false, seeRejects: false };

  test('says what the caller may do with it', async () => {
    expect(await permissions('spring', 'Viewer')).toEqual(none);
    expect(await permissions('spring', 'Contributor')).toEqual(all);
    expect(await permissions('secret', 'Contributor')).toEqual(none);
    expect(await permissions('secret', 'Administrator')).toEqual(all);
    expect(await permissions('detached', 'Administrator')).toEqual({ ...all, run: false });
  });

  test('names the connection also to a viewer, but nobody’s id', async () => {
    const answer = await read('secret');
    expect(answer.json['connection']).toEqual({ id: 'private', name: 'Private account' });
    expect(answer.text).not.toContain('tenant/person');
  });

  test('shows how the last run went', async () => {
    await app.runs.start(aRun());
    expect((await read('spring')).json).toMatchObject({ status: 'Processing', lastRun: { id: runId } });
    const reason = { code: 'list-unknown', sentence: 'The list is gone.' };
    await app.runs.finish(runId, (run) => ({ ...run, status: 'Failed', reason }));
    expect((await read('spring')).json).toMatchObject({ status: 'Failed', lastRun: { reason } });
    expect((await read('secret')).json).toMatchObject({ status: 'Not started', lastRun: null });
  });
});

describe('PATCH /api/exports/{exportId}', () => {
  test('changes what is given, and says who did it', async () => {
    app.time.advance(60_000);
    const answer = await change('spring', { name: ' Autumn ', addressesInClear: true });
    expect(answer.json).toMatchObject({
      name: 'Autumn',
      addressesInClear: true,
      segments: ['customers'],
      createdBy: 'Ada',
      updatedAt: '2026-03-01T12:01:00.000Z',
      updatedBy: 'Ada Lovelace',
    });
    expect(answer.headers['etag']).toBe((await app.versionOf('spring'))['if-match']);
    expect(await audited()).toEqual([
      { action: 'export.change', id: 'spring', facts: { fields: 'name, addressesInClear' } },
    ]);
  });

  test('that changes nothing is no change', async () => {
    const before = await app.versionOf('spring');
    const answer = await change('spring', { name: 'Spring customers', mapping: anExport().mapping });
    expect(answer).toMatchObject({ status: 200, json: { updatedBy: 'Ada' } });
    expect(await app.versionOf('spring')).toEqual(before);
    expect(await audited()).toEqual([]);
  });

  test('of two at once loses none: one is told that the other was faster', async () => {
    const answers = await Promise.all([change('spring', { name: 'One' }), change('spring', { name: 'Two' })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await stored('spring'))?.name).toBe(winner?.json['name']);
  });

  test('is made and put on record also when the answer to the write is lost', async () => {
    repeatNextChange(app.tables.exports);
    expect(await change('spring', { name: 'Autumn' })).toMatchObject({
      status: 200,
      json: { name: 'Autumn' },
    });
    expect(await audited()).toMatchObject([{ action: 'export.change', id: 'spring' }]);
  });

  test('of name and schedule needs no Constant Contact', async () => {
    await app.constantContact.stop();
    await expect(change('spring', { name: 'Autumn', schedule: { kind: 'off' } })).resolves.toMatchObject({
      status: 200,
      json: { schedule: { kind: 'off' }, nextRun: null },
    });
    await expect(change('spring', { segments: ['customers', 'x'] })).resolves.toMatchObject({ status: 503 });
  });

  test('checks what is new, and keeps the old when that is wrong', async () => {
    const answer = await change('spring', { segments: ['nobody'] });
    expect(answer).toMatchObject({ status: 400, json: { errors: [{ path: 'segments.0' }] } });
    expect((await stored('spring'))?.segments).toEqual(['customers']);
  });

  test('of the list keeps the name of the new one', async () => {
    const [list] = app.constantContact.seed({ lists: [{ name: 'Newcomers' }] });
    const answer = await change('spring', { listId: list!.id });
    expect(answer.json).toMatchObject({ listId: list!.id, listName: 'Newcomers' });
  });

  test('takes the data of the moment as known', async () => {
    await change('spring', { name: 'Autumn' });
    const { knownSince } = (await stored('spring'))!;
    await expect(app.runs.lock('spring')).resolves.toMatchObject({
      knownSince,
      pointers: { customers: expect.any(String) as string },
    });
  });

  test('detaches the connection, also when account and segments are gone; that is for administrators', async () => {
    await app.constantContact.stop();
    await app.segmentFiles.removeAll('customers/');
    await expect(change('spring', { connectionId: null })).resolves.toMatchObject({ status: 403 });
    const answer = await change('spring', { connectionId: null }, { as: 'Administrator' });
    expect(answer.json).toMatchObject({ connection: null, listName: 'Customers' });
    expect(await audited()).toMatchObject([{ action: 'export.detach', id: 'spring' }]);
  });

  test('attaches a connection after a look at its account', async () => {
    const answer = await change('detached', { connectionId: 'main' }, { as: 'Administrator' });
    expect(answer.json).toMatchObject({ connection: { id: 'main' }, listName: 'Customers' });
    app.constantContact.deleteList(listId);
    await expect(change('secret', { connectionId: 'main' }, { as: 'Administrator' })).resolves.toMatchObject({
      status: 400,
      json: { errors: [{ path: 'listId' }] },
    });
  });

  test('does not move an export to a connection that is not shared, nor change one that is on it', async () => {
    await expect(change('spring', { connectionId: 'private' })).resolves.toMatchObject({ status: 403 });
    await expect(change('secret', { connectionId: 'main' })).resolves.toMatchObject({ status: 403 });
    await expect(change('detached', { connectionId: 'main' })).resolves.toMatchObject({ status: 403 });
    expect((await stored('spring'))?.connectionId).toBe('main');
  });
});

describe('DELETE /api/exports/{exportId}', () => {
  const remove = (ask: Ask = {}) =>
    app.ask(removeExport(app.deps), { params: { exportId: 'spring' }, as: 'Contributor', ...ask });

  test('removes it; its runs stay', async () => {
    await app.runs.start(aRun());
    await app.runs.finish(runId, (run) => ({ ...run, status: 'Successful' }));
    await expect(remove()).resolves.toMatchObject({ status: 204, text: '' });
    await expect(remove()).resolves.toMatchObject({ status: 404 });
    await expect(app.runs.get(runId)).resolves.toMatchObject({ status: 'Successful' });
    expect(await audited()).toEqual([{ action: 'export.remove', id: 'spring', facts: {} }]);
  });

  test('names the run that is on', async () => {
    await app.runs.start(aRun());
    const answer = await remove();
    expect(answer).toMatchObject({ status: 409, json: { runId } });
    expect(code(answer)).toBe('export-running');
    expect(await stored('spring')).toBeDefined();
  });

  test('of a version that is no more is refused', async () => {
    const headers = await app.versionOf('spring');
    await change('spring', { name: 'Autumn' });
    await expect(remove({ headers })).resolves.toMatchObject({ status: 412 });
    expect(await stored('spring')).toBeDefined();
  });
});

describe('POST /api/exports/{exportId}/duplicate', () => {
  const duplicate = (ask: Ask = {}) =>
    app.ask(duplicateExport(app.deps), { params: { exportId: 'spring' }, as: 'Contributor', ...ask });

  test('makes a copy with everything but the runs, and starts nothing', async () => {
    await change('spring', { schedule: { kind: 'off' } });
    await app.runs.start(aRun());
    const answer = await duplicate({ body: { name: 'Copy' } });
    const id = String(answer.json['id']);
    expect(answer).toMatchObject({
      status: 201,
      headers: { location: `/api/exports/${id}` },
      json: { name: 'Copy', schedule: { kind: 'off' }, listName: 'Customers', status: 'Not started' },
    });
    expect(app.durable.requests).toEqual([]);
    expect(await audited()).toContainEqual({ action: 'export.duplicate', id, facts: { original: 'spring' } });
  });

  test('makes none on a connection that is being removed', async () => {
    await app.deps.connections.create(leaving);
    await app.exports.create(anExport({ id: 'last', connectionId: 'leaving' }));
    const answer = await duplicate({ params: { exportId: 'last' } });
    expect(answer).toMatchObject({ status: 400, json: { errors: [{ path: 'connectionId' }] } });
  });

  test('marks the copy of an unnamed one, within the length of a name', async () => {
    expect((await duplicate()).json['name']).toBe('Spring customers (copy)');
    await change('spring', { name: `${'x'.repeat(91)}😀 and more`.slice(0, 100) });
    const { name } = (await duplicate({ body: {} })).json as { name: string };
    expect(name).toBe(`${'x'.repeat(91)}😀 (copy)`);
    await change('spring', { name: `${'x'.repeat(92)}😀 more` });
    expect((await duplicate()).json['name']).toBe(`${'x'.repeat(92)} (copy)`);
  });
});

describe('POST /api/exports/preview', () => {
  const preview = (body: object, as: Ask['as'] = 'Contributor') =>
    app.ask(previewExport(app.deps), { body, as });

  test('shows contacts as they would be sent, and keeps that somebody looked', async () => {
    const answer = await preview(draft);
    expect(answer.json).toMatchObject({
      segments: [
        {
          name: 'customers',
          rowsRead: 3,
          duplicate: 1,
          rejected: 1,
          contacts: [{ row: 1, email: 'ada@example.com', fields: { first_name: 'Ada' } }],
        },
      ],
    });
    expect(await audited()).toEqual([
      { action: 'export.preview', id: 'draft', facts: { segments: 'customers' } },
    ]);
    expect(await Array.fromAsync(app.exports.list())).toHaveLength(3);
  });

  test('leaves no contact in log or tables', async () => {
    await preview(draft);
    const tables = Object.values(app.tables) as unknown as { dump(): Map<string, string> }[];
    const kept = tables.flatMap((table) => [...table.dump().values()]).join() + app.logged.text();
    expect(kept).toContain('export.preview');
    expect(kept).not.toMatch(/ada@example|Bob/);
  });

  test('shows nothing when it cannot be put on record', async () => {
    const audit = { ...app.deps.audit, record: () => Promise.reject(new Error('away')) };
    Object.assign(app.deps, { audit });
    const answer = await preview(draft);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('example.com');
  });

  test('is for whoever may use the connection', async () => {
    await expect(preview({ ...draft, connectionId: 'private' })).resolves.toMatchObject({ status: 403 });
    await expect(preview({ ...draft, connectionId: null })).resolves.toMatchObject({ status: 403 });
    await expect(preview({ ...draft, connectionId: null }, 'Administrator')).resolves.toMatchObject({
      status: 200,
    });
  });

  test('tells which columns and segments are not there', async () => {
    const answer = await preview({
      ...draft,
      mapping: { email: 'Email', fields: { city: 'Town' } },
      segments: ['customers', 'nobody'],
    });
    expect(answer.json).toMatchObject({
      segments: [{ problem: null }, { name: 'nobody', problem: { code: 'segment-unknown' } }],
      missingColumns: [{ path: 'mapping.fields.city', column: 'Town' }],
    });
  });
});

describe('POST /api/exports/reschedule', () => {
  const daily = { kind: 'times', times: ['06:00'], days: null, timeZone: 'UTC' };
  const reschedule = (exports: string[], as: Ask['as'] = 'Contributor') =>
    app.ask(rescheduleExports(app.deps), { body: { exports, schedule: daily }, as });

  test('gives each its schedule that the caller may change, and says what became of the others', async () => {
    await app.exports.create(anExport({ id: 'winter', schedule: { ...daily, kind: 'times' } as never }));
    const { json } = await reschedule(['spring', 'secret', 'unknown', 'winter']);
    expect(json['results']).toMatchObject([
      { id: 'spring', outcome: 'rescheduled', problem: null },
      { id: 'secret', outcome: 'refused', problem: { code: 'role-needed' } },
      { id: 'unknown', outcome: 'refused', problem: { code: 'not-found' } },
      { id: 'winter', outcome: 'unchanged', problem: null },
    ]);
    expect(await stored('spring')).toMatchObject({ schedule: daily, updatedBy: { name: 'Ada Lovelace' } });
    expect(await stored('secret')).toMatchObject({ schedule: { kind: 'with-refresh' } });
    expect(await audited()).toEqual([
      { action: 'export.reschedule', id: 'spring', facts: { schedule: 'times' } },
    ]);
  });

  test('loses nothing of what somebody else saves at the same moment', async () => {
    const save = app.exports.change;
    let others = 1;
    // Between the look at the export and the change of it.
    const faster: typeof save = async (value, etag) => {
      if (others-- > 0) await save({ ...(await stored('spring'))!, name: 'Autumn' }, etag);
      return save(value, etag);
    };
    Object.assign(app.exports, { change: faster });
    const { json } = await reschedule(['spring']);
    expect(json['results']).toMatchObject([{ outcome: 'rescheduled' }]);
    expect(await stored('spring')).toMatchObject({ name: 'Autumn', schedule: daily });
  });

  test('gives it and puts that on record also when the answer to the write is lost', async () => {
    repeatNextChange(app.tables.exports);
    const { json } = await reschedule(['spring']);
    expect(json['results']).toMatchObject([{ outcome: 'rescheduled' }]);
    expect(await audited()).toMatchObject([{ action: 'export.reschedule', id: 'spring' }]);
  });

  test('gives up where somebody else is always faster, and says so', async () => {
    Object.assign(app.exports, { change: () => Promise.resolve(undefined) });
    const { json } = await reschedule(['spring']);
    expect(json['results']).toMatchObject([{ outcome: 'refused', problem: { code: 'changed-meanwhile' } }]);
  });
});
