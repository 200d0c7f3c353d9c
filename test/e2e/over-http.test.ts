// The app as its users meet it: over HTTP and by its timer, on the local host, with everything behind it.
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { exportRun } from '../../functions/orchestrators/export-run';
import { makeAppApi, type Run } from '../demo/app-api';
import { seedConnectionAndExport } from '../local/seed';
import { startStack, type Stack } from '../local/stack';
import { replayEveryTurn } from '../support/replay';
import { until } from '../support/until';

const container = 'segments';
let stack: Stack;
let listId: string;
const logged: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    container,
    prefix: 'export',
    jobMilliseconds: 100,
    settings: { POLL_FIRST_SECONDS: '0.3', SEGMENT_SETTLE_SECONDS: '0', IMPORT_SETTLE_SECONDS: '1' },
    constantContactSeed: { lists: [{ name: 'Customers' }] },
    onLog: (line) => void logged.push(line),
  });
  listId = stack.constantContact.state(0).lists[0]!.id;
}, 60_000);
afterAll(async () => {
  try {
    // Whatever the tests of this file did to their runs.
    for (const id of await stack.host.instanceIds())
      await replayEveryTurn((await stack.host.history(id)).events, exportRun);
  } finally {
    await stack.stop();
  }
});

const segments = () =>
  BlobServiceClient.fromConnectionString(stack.azurite.connectionString).getContainerClient(container);
const put = async (name: string, text: string) => {
  await segments().createIfNotExists();
  await segments().getBlockBlobClient(`export/${name}`).upload(text, Buffer.byteLength(text));
};

/** One model for all tests, as a container has one; each test has its own segment. */
async function uploadSegment(name: string, rows: readonly string[]): Promise<void> {
  await put(`${name}.csv`, `Id,Email,First,Last\n${rows.join('\n')}\n`);
  names.add(name);
  await uploadModel();
}
const names = new Set<string>();
const uploadModel = () =>
  put(
    'model.json',
    JSON.stringify({
      name: 'export',
      version: '1.0',
      entities: [...names].map((name) => ({
        $type: 'LocalEntity',
        name,
        attributes: ['Id', 'Email', 'First', 'Last'].map((column) => ({ name: column, dataType: 'string' })),
        partitions: [
          {
            name,
            location: `${segments().url}/export/${name}.csv`,
            fileFormatSettings: { columnHeaders: true },
          },
        ],
      })),
    }),
  );

async function makeExport(name: string, rows: readonly string[]): Promise<string> {
  await uploadSegment(name, rows);
  const columns = { email: 'Email', profileId: 'Id', firstName: 'First', lastName: 'Last' };
  return (await seedConnectionAndExport(stack, { name, listId, segments: [name], columns })).exportId;
}

const ask = (path: string, init: RequestInit & { role?: string } = {}) =>
  fetch(new URL(path, stack.functionsUrl), {
    ...init,
    headers: {
      ...(init.headers as Record<string, string>),
      ...(init.role ? { 'x-local-role': init.role } : {}),
    },
    signal: AbortSignal.timeout(30_000),
  });
const untilOver = (path: string): Promise<Run> =>
  makeAppApi(stack.functionsUrl, AbortSignal.timeout(40_000)).untilOver(path, 40_000, () => undefined);
const lockOf = (exportId: string) =>
  TableClient.fromConnectionString(stack.azurite.connectionString, 'runs', { allowInsecureConnection: true })
    .getEntity(exportId, 'lock')
    .catch(() => undefined);
const onList = (address: string) =>
  [...stack.constantContact.members(listId)].some((member) => member.address === address);

test('a run that is asked for twice is one run, at the address that both answers give', async () => {
  const exportId = await makeExport('Twice', ['1,twice@example.com,Ann,Bell']);
  const [first, second] = await Promise.all([
    ask(`/api/exports/${exportId}/runs`, { method: 'POST' }),
    ask(`/api/exports/${exportId}/runs`, { method: 'POST' }),
  ]);
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(first.headers.get('location')).toMatch(/^\/api\/runs\/[a-z0-9-]+$/);
  expect(second.headers.get('location')).toBe(first.headers.get('location'));
  expect(await untilOver(first.headers.get('location')!)).toMatchObject({
    status: 'Successful',
    counts: { read: 1, accepted: 1 },
  });
  expect(onList('twice@example.com')).toBe(true);
}, 60_000);

test('the answers of a start and of a run hold nothing of the Durable management API', async () => {
  const exportId = await makeExport('Keys', ['1,keys@example.com,Ann,Bell']);
  const started = await ask(`/api/exports/${exportId}/runs`, { method: 'POST' });
  const path = started.headers.get('location')!;
  const texts = [JSON.stringify([...started.headers]), await started.text(), await (await ask(path)).text()];
  for (const text of texts) expect(text).not.toMatch(/runtime\/webhooks|code=|taskHub/i);
  await untilOver(path);
}, 60_000);

test('a viewer sees a run and may not start, cancel or download; nobody sees nothing', async () => {
  const exportId = await makeExport('Roles', ['1,not-an-address,Ann,Bell', '2,roles@example.com,Ann,Bell']);
  const start = `/api/exports/${exportId}/runs`;
  expect((await ask(start, { method: 'POST', role: 'none' })).status).toBe(401);
  expect((await ask(start, { method: 'POST', role: 'Viewer' })).status).toBe(403);
  const path = (await ask(start, { method: 'POST', role: 'Contributor' })).headers.get('location')!;
  await untilOver(path);
  expect((await ask(path, { role: 'Viewer' })).status).toBe(200);
  expect((await ask(path, { role: 'none' })).status).toBe(401);
  expect((await ask(`${path}/cancel`, { method: 'POST', role: 'Viewer' })).status).toBe(403);
  expect((await ask(`${path}/rejects`, { role: 'Viewer' })).status).toBe(403);

  const rejects = await ask(`${path}/rejects`, { role: 'Contributor' });
  expect(rejects.headers.get('content-disposition')).toMatch(/^attachment; filename="rejects-.*\.csv"$/);
  const lines = (await rejects.text()).trim().split('\r\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/^Roles,Roles\.csv,1,Email,/);
}, 60_000);

test('new data that has settled starts one run, also when the timer fires twice; the data of the first sight starts none', async () => {
  const exportId = await makeExport('Fresh', ['1,fresh.one@example.com,Ann,Bell']);
  const runs = async () => (await stack.host.instanceIds()).filter((id) => id.startsWith(exportId));
  // Answered before its work is done.
  const tick = () => stack.host.fireTimer('schedule');
  await until(async () => {
    await tick();
    return (await lockOf(exportId)) !== undefined;
  });
  expect(await runs()).toEqual([]);

  await uploadSegment('Fresh', ['1,fresh.one@example.com,Ann,Bell', '2,fresh.two@example.com,Bob,Bell']);
  await until(async () => {
    await Promise.all([tick(), tick()]);
    return (await runs()).length > 0;
  });
  const [runId] = await runs();
  const run = await untilOver(`/api/runs/${runId}`);
  expect(run).toMatchObject({
    status: 'Successful',
    trigger: { kind: 'new-data' },
    counts: { read: 2, accepted: 2 },
  });
  expect(onList('fresh.two@example.com')).toBe(true);

  // A tick that began after all of this, and has done its work.
  const before = logged.length;
  await tick();
  await until(() => {
    const later = logged.slice(before);
    const began = later.flatMap((line) => / (schedule\(\S+\)): executing$/.exec(line)?.[1] ?? []);
    return began.some((call) => later.some((line) => line.includes(`${call}: executed in `)));
  });
  expect(await runs()).toEqual([runId]);
}, 90_000);

test('a cancelled run stops waiting at once, says what had been sent, and frees the export', async () => {
  const exportId = await makeExport('Cancel', ['1,cancel@example.com,Ann,Bell']);
  stack.constantContact.failJob({ fileName: exportId, end: 'stuck' });
  const path = (await ask(`/api/exports/${exportId}/runs`, { method: 'POST' })).headers.get('location')!;
  await until(async () => ((await (await ask(path)).json()) as Run).progress?.phase === 'waiting');
  expect((await ask(`${path}/cancel`, { method: 'POST' })).status).toBe(202);
  const run = await untilOver(path);
  expect(run).toMatchObject({ status: 'Canceled', counts: { read: 1, unconfirmed: 1, notSent: 0 } });
  expect(run.reason?.sentence).toContain('1 contacts had been sent already');
  expect((await ask(`${path}/cancel`, { method: 'POST' })).status).toBe(409);
  const again = (await ask(`/api/exports/${exportId}/runs`, { method: 'POST' })).headers.get('location')!;
  expect(again).not.toBe(path);
  expect((await untilOver(again)).status).toBe('Successful');
}, 60_000);

test('a job that Constant Contact fails twice is reported, and the others go through', async () => {
  // Two patterns of filled columns make two batches.
  const exportId = await makeExport('Failing', [
    '1,failing.one@example.com,Ann,Bell',
    '2,failing.two@example.com,Ann,',
  ]);
  stack.constantContact.failJob({ fileName: exportId, end: 'failed' });
  stack.constantContact.failJob({ fileName: '-2.csv', end: 'timed_out' });
  const path = (await ask(`/api/exports/${exportId}/runs`, { method: 'POST' })).headers.get('location')!;
  expect(await untilOver(path)).toMatchObject({
    status: 'Completed with warnings',
    counts: { read: 2, accepted: 1, unconfirmed: 1, notSent: 0 },
  });
}, 60_000);

test.each([
  ['POST', '/api/exports/unknown/runs'],
  ['POST', '/api/exports/..%2f..%2fkeys/runs'],
  ['GET', '/api/runs/unknown'],
  ['GET', `/api/runs/${'x'.repeat(1000)}`],
  ['GET', '/api/runs/%F0%9F%98%80'],
  ['POST', '/api/runs/export1-20260101000000-aaaaaaaaaaaa/cancel'],
])('%s %s answers 404 with problem details', async (method, path) => {
  const response = await ask(path, { method });
  expect(response.status).toBe(404);
  if (!path.includes('..')) expect(response.headers.get('content-type')).toBe('application/problem+json');
});
