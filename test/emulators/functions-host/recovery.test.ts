// The local Functions host when it or its worker dies, when two share the work, and when faults are asked for.
import { startAzurite, type Azurite } from '../../support/azurite';
import { startHostApp, type HostApp } from '../../support/host-app';
import { until } from '../../support/until';
import { EventType } from './durable/history';

let azurite: Azurite;
let apps: HostApp[] = [];
beforeAll(async () => {
  azurite = await startAzurite();
});
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  apps = [];
});
afterAll(() => azurite.stop());

const start = async (...[options]: [Parameters<typeof startHostApp>[1]?]) => {
  const app = await startHostApp(azurite.connectionString, { workItemVisibilityMs: 1000, ...options });
  apps.push(app);
  return app;
};

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const noted = (app: HostApp, line: string) => until(() => app.notes().includes(line));
const count = (app: HostApp, line: string) => app.notes().filter((one) => one === line).length;

test('a host killed during an activity takes its worker with it; the next one runs the activity again and goes on', async () => {
  const app = await start();
  const workerPid = await app.host.workerPid();
  const id = await app.begin('slowly', { names: ['one'], ms: 400 });
  await noted(app, 'one began');
  app.host.kill();
  await app.host.exited;
  await until(() => !alive(workerPid));
  expect(app.notes()).toEqual(['one began']);
  await app.another();
  expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: [{ name: 'one' }] });
  expect(app.notes()).toEqual(['one began', 'one began', 'one ended']);
});

test('what an activity had finished before a kill is not run again, and timers survive it', async () => {
  const app = await start();
  const finished = await app.begin('changed', { now: 'x' });
  const waiting = await app.begin('waiter', { ms: 1200 });
  await until(async () => (await app.history(finished)).turnEnds.length === 2);
  await app.reaches(waiting, 'Running');
  app.host.kill();
  await app.another();
  await app.raise(finished, 'go', null);
  expect((await app.ended(finished)).output).toBe('done');
  expect(app.seen('echo')).toHaveLength(1);
  expect((await app.ended(waiting)).output).toEqual({ got: null, fired: true });
});

test('a worker that dies fails what ran in it, which is not waited for nor run again, and another one takes its place', async () => {
  const app = await start();
  const first = await app.host.workerPid();
  const id = await app.begin('slowly', { names: ['two'], ms: 60_000 });
  await noted(app, 'two began');
  process.kill(first, 'SIGKILL');
  const { runtimeStatus, output } = await app.ended(id);
  expect(runtimeStatus).toBe('Failed');
  expect(output).toContain('exited with code 137');
  expect(await app.host.executions()).toMatchObject({ slow: 1 });
  expect(app.notes()).toEqual(['two began']);
  expect((await app.run('sub', { z: 1 })).runtimeStatus).toBe('Completed');
  expect(await app.host.workerPid()).not.toBe(first);
});

test('a retry policy outlives a worker that dies', async () => {
  const app = await start();
  await app.host.addFaults({ activity: 'slow', execution: 1, do: 'kill-worker', afterMs: 50 });
  const { output } = await app.run('slowlyWithRetry', { name: 'three', ms: 300 });
  expect(output).toMatchObject({ name: 'three' });
  expect(count(app, 'three began')).toBe(2);
  expect(count(app, 'three ended')).toBe(1);
});

test('two hosts on one storage account share the work of one orchestration', async () => {
  const app = await start();
  const other = await app.another();
  const names = Array.from({ length: 12 }, (_, index) => `shared-${index}`);
  const { output } = await app.run('slowly', { names, ms: 300 });
  const pids = new Set((output as { pid: number }[]).map(({ pid }) => pid));
  expect(pids).toEqual(new Set([await app.host.workerPid(), await other.workerPid()]));
  for (const name of names) expect(count(app, `${name} began`)).toBe(1);
});

test('two hosts that both have results for an instance never both commit a turn', async () => {
  const app = await start();
  await app.another();
  const names = Array.from({ length: 16 }, (_, index) => `both-${index}`);
  const ids = await Promise.all([1, 2].map(() => app.begin('slowly', { names, ms: 20 })));
  const all = names.map((_name, index) => index);
  for (const id of ids) {
    expect((await app.ended(id)).runtimeStatus).toBe('Completed');
    const { events } = await app.history(id);
    const of = (type: number, key: string) =>
      events.filter((one) => one.EventType === type).map((one) => Number(one[key]));
    expect(of(EventType.TaskScheduled, 'EventId')).toEqual(all);
    expect(of(EventType.TaskCompleted, 'TaskScheduledId').sort((x, y) => x - y)).toEqual(all);
    expect(of(EventType.ExecutionCompleted, 'EventId')).toEqual([names.length]);
  }
});

test('another host goes on where a killed one stopped', async () => {
  const app = await start();
  await app.another();
  const id = await app.begin('waiter', { ms: 900 });
  await app.reaches(id, 'Running');
  app.host.kill();
  await app.host.exited;
  expect((await app.ended(id)).output).toEqual({ got: null, fired: true });
});

test('an activity delivered twice at the same time has one result', async () => {
  const app = await start({ faults: [{ activity: 'slow', execution: 1, do: 'deliver-twice' }] });
  const { runtimeStatus, instanceId } = await app.run('slowly', { names: ['twice'], ms: 50 });
  expect(runtimeStatus).toBe('Completed');
  expect(app.notes()).toEqual(['twice began', 'twice began', 'twice ended', 'twice ended']);
  const { events } = await app.history(instanceId);
  expect(events.filter((one) => one.EventType === EventType.TaskCompleted)).toHaveLength(1);
});

test.each([
  ['crash-host-before', ['four began', 'four ended']],
  ['crash-host-after', ['four began', 'four ended', 'four began', 'four ended']],
] as const)('%s kills the host at that point, and the activity runs once more', async (what, notes) => {
  const app = await start();
  await app.host.addFaults({ activity: 'slow', execution: 1, do: what });
  const id = await app.begin('slowly', { names: ['four'], ms: 20 });
  expect(await app.host.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await app.another();
  expect((await app.ended(id)).runtimeStatus).toBe('Completed');
  expect(app.notes()).toEqual(notes);
});

test('a lost result brings the activity back when its message is visible again', async () => {
  const app = await start({ faults: [{ activity: 'slow', execution: 1, do: 'lose-result' }] });
  expect((await app.run('slowly', { names: ['five'], ms: 20 })).runtimeStatus).toBe('Completed');
  expect(count(app, 'five ended')).toBe(2);
  expect(await app.host.executions()).toEqual({ slow: 2 });
});

test('an activity that takes longer than its invisibility is not delivered again', async () => {
  const app = await start();
  await app.another();
  await app.run('slowly', { names: ['long'], ms: 2600 });
  expect(app.notes()).toEqual(['long began', 'long ended']);
});

test('a host that is told to stop lets its activities end', async () => {
  const app = await start();
  const id = await app.begin('slowly', { names: ['last'], ms: 400 });
  await noted(app, 'last began');
  await app.host.stop();
  expect(app.notes()).toEqual(['last began', 'last ended']);
  expect(await app.host.exited).toEqual({ code: 0, signal: null });
  await app.another();
  expect((await app.ended(id)).runtimeStatus).toBe('Completed');
  expect(app.notes()).toHaveLength(2);
});
