// One Azurite at a time per folder. One whose parent was killed still writes its data down: the next one must not read before that.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeadlinePassed, until } from './until';
import { isAlive } from './is-alive';

/** How long it may take to write down what it has. */
export const graceMs = 10_000;

const fileIn = (folder: string) => join(folder, 'azurite.pid');

/** Waits for the Azurite that has this folder, as long as it may take: by then it is gone, and something else has its number. */
export async function untilFolderIsLeft(folder: string): Promise<void> {
  const file = fileIn(folder);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  await until(() => !isAlive(pid), graceMs).catch((error: unknown) => {
    if (!(error instanceof DeadlinePassed)) throw error;
  });
}

/** @returns what takes the mark away. */
export function markFolder(folder: string, pid: number): () => void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileIn(folder), String(pid));
  return () => rmSync(fileIn(folder), { force: true });
}
