// Whether a process is alive, whoever's it is.
import { readFileSync } from 'node:fs';

/** Dead, but nobody has asked yet how it ended: in a container that may take long, or never happen. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the state stands in brackets and may hold any character.
    return stat.startsWith('Z', stat.lastIndexOf(')') + 2);
  } catch {
    // No Linux; elsewhere the dead are asked at once.
    return false;
  }
}

/** `pid` as the operating system counts: above 0. Anything else is nobody. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}
