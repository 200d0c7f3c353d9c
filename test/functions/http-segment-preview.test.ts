// The columns of a segment over HTTP, whatever the segment is called.
import { previewSegment } from '../../functions/http/segments/preview-segment';
import { ShardChanged } from '../../shared/segments/errors';
import { startWholeWorld, type WholeWorld } from './whole-world';

let app: WholeWorld;
beforeEach(async () => {
  app = await startWholeWorld();
});
afterEach(() => app.stop());

const preview = (segment: string) =>
  app.ask(previewSegment(app.deps), { params: { segment }, as: 'Contributor' });
const entries = async () => (await app.deps.audit.page(10)).rows.map(({ value }) => value);

test('shows values of the first rows, and keeps that somebody looked', async () => {
  expect((await preview('customers')).json).toMatchObject({
    name: 'customers',
    rowsRead: 3,
    malformed: 0,
    columns: [
      { name: 'CustomerId', values: ['1', '2', '3'] },
      { name: 'Email', values: ['ada@example.com', 'nobody', 'ADA@example.com'] },
      { name: 'FirstName', values: ['Ada', 'Bob', 'Eve'] },
    ],
  });
  expect(await entries()).toMatchObject([
    { action: 'segment.preview', subject: { kind: 'segment', id: 'customers' } },
  ]);
  expect(app.logged.text()).not.toContain('example.com');
});

test.each(['Größte Kunden 😀', "50% off? 'yes' #1", 'a%2fb%'])('finds the segment %j', async (name) => {
  await app.segmentFiles.write(`${name}/1.csv`, Buffer.from('Email\r\nada@example.com\r\n'), 'text/csv');
  expect((await preview(name)).json).toMatchObject({ name, rowsRead: 1 });
});

test('finds a segment with a slash, which a host hands on as it was sent', async () => {
  const asked: string[] = [];
  const look: typeof app.deps.previewSegment = (name) => {
    asked.push(name);
    return app.deps.previewSegment(name === 'all/customers' ? 'customers' : name);
  };
  const answer = await app.ask(previewSegment({ ...app.deps, previewSegment: look }), {
    params: { segment: 'all%2Fcustomers' },
  });
  expect(answer.status).toBe(200);
  expect(asked).toEqual(['all%2Fcustomers', 'all/customers']);
});

test.each(['nobody', '../customers', 'no%2Fbody', 'customers/1.csv'])('of %j is a 404', async (name) => {
  await expect(preview(name)).resolves.toMatchObject({ status: 404 });
  expect(await entries()).toEqual([]);
});

test('says what to do about a segment that is being replaced', async () => {
  const look = () => Promise.reject(new ShardChanged('customers', 'customers/1.csv'));
  const answer = await app.ask(previewSegment({ ...app.deps, previewSegment: look }), {
    params: { segment: 'customers' },
  });
  expect(answer).toMatchObject({
    status: 409,
    json: { detail: expect.stringContaining('was replaced') as string },
  });
});
