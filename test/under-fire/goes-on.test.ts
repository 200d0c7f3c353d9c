// A run that waits for another try, on the local host: the host is killed meanwhile, somebody cancels, and what was left is sent by
// another run. And runs that ended long ago, which go with their history.
import type { Run } from '../../shared/runs/run';
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import { until } from '../support/until';
import { startStackUnderFire, unharmed, type StackUnderFire } from './stack-under-fire';

let stack: StackUnderFire;
let host: FunctionsHost;
beforeAll(async () => {
  stack = await startStackUnderFire({ RUN_RETRY_SECONDS: '2,600' });
  host = await stack.startHost();
}, 60_000);
afterAll(() => stack.stop());

const imports = ({ method, path }: { method: string; path: string }) =>
  method === 'POST' && path.includes('import');
const whenIt = (runId: string, is: (run: Run) => boolean) =>
  until(async () => {
    const run = await stack.runs.get(runId);
    return run && is(run) && run;
  }, 60_000);
/** Each of these is answered before it reaches Constant Contact. */
const isAway = (times: number) =>
  stack.onTheWay.add({ matches: imports, when: 'before', wrong: { kind: 'status', status: 503 }, times });

test('it goes on by itself, also when its host was killed while it waited', async () => {
  const wanted = await stack.makeExport();
  isAway(5);
  const runId = await stack.start(host, wanted.id);
  await whenIt(runId, ({ status }) => status === 'Failed (retrying)');
  host.kill();
  await host.exited;
  host = await stack.startHost();
  const run = await stack.ended(host, runId);
  expect(run).toMatchObject({ tries: 1, retryAt: null });
  expect(await stack.afterwards(wanted, runId)).toEqual(unharmed);
}, 60_000);

test('a cancel ends the waiting at once, and what was left can be sent by another run', async () => {
  const wanted = await stack.makeExport();
  isAway(10);
  const runId = await stack.start(host, wanted.id);
  // The second wait would take ten minutes.
  await whenIt(runId, ({ status, tries }) => status === 'Failed (retrying)' && tries === 2);
  const post = (what: string) => fetch(`${host.url}/api/runs/${runId}/${what}`, { method: 'POST' });
  expect((await post('retry')).status).toBe(409);
  expect((await post('cancel')).status).toBe(202);
  expect(await stack.ended(host, runId)).toMatchObject({ status: 'Canceled', batchesLeft: 3 });
  const answer = await post('retry');
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  expect(await stack.ended(host, id)).toMatchObject({ status: 'Successful', retryOf: runId });
  expect(await stack.afterwards(wanted, id)).toEqual(unharmed);
}, 60_000);

test('a run that ended long ago goes, and its history with it', async () => {
  const wanted = await stack.makeExport();
  const old = await stack.ended(host, await stack.start(host, wanted.id));
  const last = await stack.ended(host, await stack.start(host, wanted.id));
  const at = new Date(Date.parse(old.createdAt) - 100 * 86_400_000).toISOString();
  await stack.runs.remove(old);
  await stack.runs.start({ ...old, status: 'Queued', createdAt: at, endedAt: null });
  await stack.runs.finish(old.id, () => ({ ...old, createdAt: at, endedAt: at }));
  const history = async (id: string) => {
    const url = `${host.url}/runtime/webhooks/durabletask/instances/${id}`;
    return (await fetch(url, { headers: { 'x-functions-key': host.key } })).status;
  };
  expect([await history(old.id), await history(last.id)]).toEqual([200, 200]);
  await host.fireTimer('retention');
  await until(async () => !(await stack.runs.get(old.id)));
  expect([await history(old.id), await history(last.id)]).toEqual([404, 200]);
  expect(await Array.fromAsync(stack.platform.files.list(`${old.id}/`))).toEqual([]);
  expect(await stack.runs.get(last.id)).toEqual(last);
}, 60_000);
