// The largest resident size that a process has had, the worker of a host above all.
import { readFileSync } from 'node:fs';
import type { FunctionsHost } from '../emulators/functions-host/functions-host';

/** The worker died, and another one took its place, whose size says nothing of the first one's. */
export class WorkerReplaced extends Error {
  readonly code = 'worker-replaced';
  constructor(before: number, after: number) {
    super(`the worker ${before} died, and ${after} took its place: how large it was is not known`);
  }
}

/** In megabytes (of 1,048,576 bytes); `undefined` where the system does not tell: elsewhere than on Linux. */
export function peakMemoryOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

/** @returns how to ask for the largest size of the worker that is there now. It throws {@link WorkerReplaced}. */
export async function watchWorker({
  workerPid,
}: Pick<FunctionsHost, 'workerPid'>): Promise<() => Promise<number | undefined>> {
  const before = await workerPid();
  return async () => {
    const after = await workerPid();
    if (after !== before) throw new WorkerReplaced(before, after);
    return peakMemoryOf(after);
  };
}
