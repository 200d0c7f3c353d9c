// What this process does last, however soon it exits: it kills its children and removes its marks. Only kill -9 leaves no time for it.
import type { ChildProcess } from 'node:child_process';

const actions = new Set<() => void>();
let watched = false;

function doAll(): void {
  for (const action of actions) {
    try {
      action();
    } catch (error) {
      // One that fails does not keep the others from being done.
      console.error(error);
    }
  }
}

/** @param action synchronous: there is no time for more. @returns what forgets it. */
export function atExit(action: () => void): () => void {
  if (!watched) process.once('exit', doAll);
  watched = true;
  actions.add(action);
  return () => void actions.delete(action);
}

/** A child, with its group if it leads one, gets this signal when this process exits before it. */
export function signalAtExit(child: ChildProcess, signal: NodeJS.Signals): void {
  const forget = atExit(() => {
    try {
      process.kill(-(child.pid ?? NaN), signal);
    } catch {
      child.kill(signal);
    }
  });
  child.once('exit', forget);
  child.once('error', forget);
}
