// The worker dies alone, activities are delivered twice or lose their results, and two hosts share the work, of which one is killed:
// every run ends as if nothing had happened. And nothing of a contact is written where none belongs, not even for a moment.
import { makeExportStore } from '../../shared/exports/export-store';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import { makeWordSearch } from '../support/search-storage';
import { people, startStackUnderFire, unharmed, type StackUnderFire } from './stack-under-fire';

const activities = ['openRun', 'prepareBatches', 'importBatch', 'awaitImports', 'closeRun'] as const;

let stack: StackUnderFire;
let host: FunctionsHost;
beforeAll(async () => {
  stack = await startStackUnderFire();
  host = await stack.startHost();
}, 60_000);
afterEach(() => host.clearFaults());
afterAll(() => stack.stop());

async function runs(count: number): Promise<(() => Promise<object>)[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const wanted = await stack.makeExport();
      const runId = await stack.start(host, wanted.id);
      return async () => {
        await stack.ended(host, runId);
        return stack.afterwards(wanted, runId);
      };
    }),
  );
}

test('the worker dies while a job is under way to Constant Contact, accepted or not, and while one is prepared', async () => {
  const exports = await Promise.all([stack.makeExport(), stack.makeExport(), stack.makeExport()]);
  const [before, after, preparing] = exports;
  const held = [
    stack.onTheWay.hold('before', ({ body }) => body.includes(`filename="${before.id}-`)),
    stack.onTheWay.hold('after', ({ body }) => body.includes(`filename="${after.id}-`)),
    stack.storage.hold(
      'after',
      ({ method, path }) =>
        method === 'PUT' && path.includes(`/runs/${preparing.id}-`) && path.includes('manifest'),
    ),
  ];
  const runIds = await Promise.all(exports.map(({ id }) => stack.start(host, id)));
  await Promise.all(held.map(({ reached }) => reached));
  process.kill(await host.workerPid(), 'SIGKILL');
  for (const one of held) one.drop();
  for (const [index, wanted] of exports.entries()) {
    await stack.ended(host, runIds[index]!);
    expect(await stack.afterwards(wanted, runIds[index]!)).toEqual(unharmed);
  }
}, 60_000);

test.each(['deliver-twice', 'lose-result'] as const)(
  'every activity: %s',
  async (what) => {
    const soFar = await host.executions();
    const faults = activities.flatMap((activity) =>
      Array.from({ length: 12 }, (_, index) => ({
        activity,
        // Every other one of those that lose their results, or no run would ever end.
        execution: (soFar[activity] ?? 0) + 1 + (what === 'lose-result' ? 2 * index : index),
        do: what,
      })),
    );
    await host.addFaults(...faults);
    for (const end of await runs(2)) expect(await end()).toEqual(unharmed);
  },
  60_000,
);

test('two hosts share the runs of one storage account, and one of them is killed in the middle', async () => {
  const other = await stack.startHost();
  const ends = await runs(6);
  const killed = stack.onTheWay.hold('after', ({ body }) => body.includes('-2-1.csv"'));
  await killed.reached;
  other.kill();
  await other.exited;
  killed.letGo();
  for (const end of ends) expect(await end()).toEqual(unharmed);
}, 60_000);

test('no call was throttled in all of this, and every import job had a file of its own', () => {
  const { violations, jobs, blankCells } = stack.constantContact.state(0);
  expect(violations).toEqual([]);
  expect(new Set(jobs.map(({ fileName }) => fileName)).size).toBe(jobs.length);
  expect(blankCells).toBe(0);
});

test('no address, name or token was written to storage outside of the containers for it, not even for a moment', async () => {
  const { clientSecret } = stack.constantContact;
  const tokens = await stack.platform.secrets.get(tokenSecretName(await aConnection()));
  const { accessToken, refreshToken } = JSON.parse(tokens ?? '{}') as Record<string, string>;
  const words = [
    ...people.map((address) => address.replace('@', '0@')),
    'example.com',
    clientSecret,
    accessToken ?? '',
    refreshToken ?? '',
  ];
  expect(words).not.toContain('');
  const elsewhere = stack.storage.written.filter(
    ({ where }) => !/^PUT \/devstoreaccount1\/runs\//.test(where),
  );
  expect(elsewhere.length).toBeGreaterThan(500);
  const search = makeWordSearch(words);
  const found = elsewhere.flatMap(({ where, content }) => search(content).map((word) => `${where}: ${word}`));
  expect(found).toEqual([]);
  expect(search(Buffer.from(stack.logged.join('\n')))).toEqual([]);
  // The search would find them: batch files hold them.
  const files = stack.storage.written.filter(({ where }) => where.includes('/batch-'));
  expect(files.some(({ content }) => search(content).length > 0)).toBe(true);
});

async function aConnection(): Promise<string> {
  const { id } = await stack.makeExport();
  return (await makeExportStore(stack.platform.tables.exports).get(id))?.value.connectionId ?? '';
}
