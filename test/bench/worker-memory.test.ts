// How large the worker was: told of the one that did the work, and of no other.
import { watchWorker, WorkerReplaced } from './worker-memory';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a worker that is there from first to last has a largest size', async () => {
  const peak = await watchWorker({ workerPid: () => Promise.resolve(process.pid) });
  // Node alone takes more than that.
  expect(await peak()).toBeGreaterThan(20);
});

test('a worker that was replaced has none', async () => {
  const pids = [1, 2];
  const peak = await watchWorker({ workerPid: () => Promise.resolve(pids.shift() ?? 2) });
  await expect(peak()).rejects.toThrow(WorkerReplaced);
});
