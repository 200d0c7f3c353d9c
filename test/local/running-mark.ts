// One local stack per data folder: a file names the process that uses it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { atExit } from '../support/at-exit';
import { isAlive } from '../support/is-alive';

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

/** The mark goes when the process exits, also in a hurry. @returns what takes it away before. @throws {FolderInUse} */
export function markRunning(file: string): () => void {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid !== process.pid && isAlive(pid)) throw new FolderInUse(pid, file);
    writeFileSync(file, String(process.pid));
  }
  const remove = () => rmSync(file, { force: true });
  const forget = atExit(remove);
  return () => {
    forget();
    remove();
  };
}
