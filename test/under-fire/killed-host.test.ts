// The host is killed, with its worker, at the worst moments of a run. It comes back, and the run ends by itself as if nothing had
// happened. Runs are brought to their moments and held there, several at a time, and one kill hits them all.
import { setTimeout as delay } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import type { Held } from './fault-proxy';
import { groups } from './moments';
import { until } from '../support/until';
import {
  startStackUnderFire,
  unharmed,
  type Afterwards,
  type FiredExport,
  type StackUnderFire,
} from './stack-under-fire';

let stack: StackUnderFire;
let host: FunctionsHost;
beforeAll(async () => {
  stack = await startStackUnderFire();
  host = await stack.startHost();
}, 60_000);
afterAll(() => stack.stop());

test('at no fewer than twenty moments', () => {
  expect(groups.flatMap(({ moments }) => moments).length).toBeGreaterThanOrEqual(20);
});

describe.each(groups)('a host that is killed in a run, $name', ({ moments }) => {
  const after = new Map<string, Afterwards>();
  beforeAll(async () => {
    const held: Held[] = [];
    const exports: FiredExport[] = [];
    for (const { at, when, call } of moments) {
      const wanted = await stack.makeExport();
      const faults = at === 'storage' ? stack.storage : stack.onTheWay;
      held.push(faults.hold(when, (passing) => call(passing, wanted)));
      exports.push(wanted);
    }
    // Some of these are never answered, as the host dies before.
    for (const { id } of exports) void stack.start(host, id).catch(() => undefined);
    for (const [index, one] of held.entries()) await reached(one, moments[index]?.name ?? '');
    // Whoever has given up waiting is past its moment.
    expect(held.filter((one) => !one.isHeld())).toEqual([]);
    host.kill();
    await host.exited;
    for (const one of held) one.drop();
    host = await stack.startHost();
    await host.fireTimer('schedule');
    for (const [index, wanted] of exports.entries()) {
      const runId = await until(() => runOf(wanted));
      await stack.ended(host, runId);
      after.set(moments[index]?.name ?? '', await stack.afterwards(wanted, runId));
    }
  }, 60_000);

  test.each(moments)('$name', ({ name }) => {
    expect(after.get(name)).toEqual(unharmed);
  });
});

test('nothing of these runs is left in the queues, among long values, or among leases', async () => {
  const { connectionString } = stack.azurite;
  const service = QueueServiceClient.fromConnectionString(connectionString);
  const messages = async () => {
    const counts: number[] = [];
    for await (const { name } of service.listQueues())
      counts.push((await service.getQueueClient(name).getProperties()).approximateMessagesCount ?? 0);
    return counts;
  };
  expect((await messages()).length).toBeGreaterThan(0);
  // A message goes once its result is stored, a moment after the run has ended.
  await until(async () => (await messages()).every((count) => count === 0));
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  const left: string[] = [];
  for await (const { name } of blobs.listContainers()) {
    if (!/largemessages|^leases$/.test(name)) continue;
    for await (const blob of blobs.getContainerClient(name).listBlobsFlat())
      left.push(`${name}/${blob.name}`);
  }
  expect(left).toEqual([]);
});

/** The one run that an export has had. */
async function runOf({ id }: FiredExport): Promise<string | undefined> {
  return (await host.instanceIds()).find((one) => one.startsWith(`${id}-`));
}

/** @throws when a call does not come, with what was said last. */
async function reached(held: Held, name: string): Promise<void> {
  const late = new AbortController();
  const never = delay(15_000, undefined, { signal: late.signal }).then(() => {
    throw new Error(`it never came to "${name}":\n${stack.logged.slice(-20).join('\n')}`);
  });
  await Promise.race([held.reached, never]).finally(() => late.abort());
}
