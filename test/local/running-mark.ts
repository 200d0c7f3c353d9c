// One local stack per data folder: a file names the process that uses it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

export class FolderInUse extends Error {
  readonly code = 'folder-in-use';
  constructor(
    readonly pid: number,
    readonly file: string,
  ) {
    super(
      `It runs already, as process ${pid}. Stop that one first; if it is something else, delete ${file}.`,
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** @returns what takes the mark away. @throws {FolderInUse} */
export function markRunning(file: string): () => void {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = Number(readFileSync(file, 'utf8'));
    if (Number.isInteger(pid) && pid > 0 && pid !== process.pid && isAlive(pid))
      throw new FolderInUse(pid, file);
    writeFileSync(file, String(process.pid));
  }
  return () => rmSync(file, { force: true });
}
