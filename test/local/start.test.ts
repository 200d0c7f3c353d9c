// `npm start` as a person has it: it says where things are, and data survive a restart, also when it was killed or stopped in a run.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCounts, checkList } from '../demo/checks';
import { makeSample } from '../sample/sample';
import { until } from '../support/until';
import {
  accountOf,
  anyAnswers,
  membersOf,
  startAlone,
  startRun,
  startUnderNpm,
  untilOver,
  untilRun,
  type StartedStack,
} from './started-stack';
import type { Run } from '../demo/app-api';

let folder: string;
let up: StartedStack[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-stack-'));
});
afterEach(async () => {
  for (const { process } of up) process.kill('SIGKILL');
  for (const stack of up) await until(async () => !(await anyAnswers(stack)));
  up = [];
  await rm(folder, { recursive: true, force: true });
});

async function start(how: (folder: string) => Promise<StartedStack> = startAlone): Promise<StartedStack> {
  const stack = await how(folder);
  up.push(stack);
  return stack;
}

/** Holds a port, unless somebody has it already, which serves as well. */
async function hold(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}

const isPreparing = ({ progress }: Run) => progress?.phase === 'preparing';

/** What is wrong with the run or with the list that it filled. */
async function faultsOf(stack: StartedStack, run: Run): Promise<string[]> {
  const sample = makeSample();
  const expected = sample.expected();
  const state = await accountOf(stack);
  const listId = state.lists[0]?.id ?? '';
  const members = await membersOf(stack, listId);
  const checks = [
    ...checkCounts(expected, run),
    ...checkList(expected, sample.unsubscribed, { members: () => members, state: () => state }, listId),
  ];
  return checks.flatMap(({ what, faults }) => faults.map((fault) => `${what}: ${fault}`));
}

test('beside a taken port it starts, and says so; killed, it takes its children with it; the next one has the data, until it is told to stop', async () => {
  const other = await hold(7071);
  try {
    const first = await start();
    const app = new URL(first.urls.app);
    expect(Number(app.port)).toBeGreaterThan(7071);
    expect(first.said).toContain(`7071 is in use, so the app is on ${app.port}.`);
    expect((await fetch(app)).status).toBe(200);
    const path = await startRun(first);
    expect(await faultsOf(first, await untilOver(first, path))).toEqual([]);
    first.process.kill('SIGKILL');
    await until(async () => !(await anyAnswers(first)));

    const second = await start();
    expect(second.said).not.toContain('First start');
    expect(second.runPath).toBe(first.runPath);
    expect(await faultsOf(second, await untilOver(second, path))).toEqual([]);
    second.process.kill('SIGTERM');
    expect(await second.exited).toEqual([0, null]);
    expect(await anyAnswers(second)).toBe(false);
    expect(await readdir(folder)).not.toContain('running.pid');
  } finally {
    other?.close();
  }
}, 90_000);

test('Ctrl-C under npm in the middle of a run ends everything in order, and the next start brings the run to its end', async () => {
  const first = await start(startUnderNpm);
  const path = await startRun(first);
  await untilRun(first, path, isPreparing);
  // As a terminal does: everybody in the group gets it, and npm passes it on.
  process.kill(-first.process.pid!, 'SIGINT');
  // In order: in a hurry it would be 130.
  expect(await first.exited).toEqual([0, null]);
  expect(await anyAnswers(first)).toBe(false);
  expect(await readdir(folder)).not.toContain('running.pid');

  const second = await start();
  expect(await faultsOf(second, await untilOver(second, path))).toEqual([]);
}, 120_000);

test('killed in the middle of a run, the next start brings the run to its end', async () => {
  const first = await start();
  const path = await startRun(first);
  await untilRun(first, path, isPreparing);
  first.process.kill('SIGKILL');
  await first.exited;

  // At once: what the killed one still writes down is waited for.
  const second = await start();
  expect(await faultsOf(second, await untilOver(second, path))).toEqual([]);
}, 120_000);
