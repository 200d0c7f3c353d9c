// The largest resident size that a process has had.
import { readFileSync } from 'node:fs';

/** In megabytes (of 1,048,576 bytes); `undefined` where the system does not tell: elsewhere than on Linux. */
export function peakMemoryOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}
