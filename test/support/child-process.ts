// Starts a Node script as a child that says when it is ready, cannot outlive its parent, and is gone after stop().
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { signalAtExit } from './at-exit';
import { projectRoot } from './project-root';

export class ChildDidNotStart extends Error {
  readonly code = 'child-did-not-start';
  constructor(
    readonly script: string,
    /** The end of what it wrote. */
    readonly said: string,
    readonly exitCode: number | null,
  ) {
    super(`${script} did not start (exit code ${exitCode ?? 'none'}):\n${said}`);
  }
}

export interface ChildOptions {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** How long it may take to save its data, after a SIGTERM or its parent's end, before it is killed. 0: it is killed at once. */
  readonly graceMs?: number;
  readonly startDeadlineMs?: number;
  /** Sees every line of its standard output; the first answer that is not `undefined` says that it is ready. */
  readonly onLine?: (line: string) => void;
}

export interface Child<T> {
  /** What `ready` answered. */
  readonly value: T;
  readonly process: ChildProcess;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** kill -9, at once. */
  kill(): Promise<void>;
}

const saidLines = 30;

/** @throws {ChildDidNotStart} when it ends, or the deadline passes, before `ready` has an answer. */
export async function startChild<T>(
  options: ChildOptions,
  ready: (line: string) => T | undefined,
): Promise<Child<T>> {
  const graceMs = options.graceMs ?? 0;
  const child = spawn(
    process.execPath,
    [
      '--require',
      join(projectRoot(), 'test/support/end-with-parent.cjs'),
      options.script,
      ...(options.args ?? []),
    ],
    {
      // A session of its own: Ctrl-C in the terminal reaches the parent alone, which then ends things in the right order.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...(options.env ?? process.env), END_WITH_PARENT_MS: String(graceMs) },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    },
  );
  // Should this process exit in a hurry. One that has something to save may do so.
  signalAtExit(child, graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
  // Nobody writes to it: a broken pipe at the child's end says nothing that its exit does not say.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const stop = async () => {
    if (graceMs === 0) return kill();
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(late);
  };

  const said: string[] = [];
  const note = (line: string) => {
    said.push(line);
    if (said.length > saidLines) said.shift();
  };
  createInterface({ input: child.stderr }).on('line', note);
  const lines = createInterface({ input: child.stdout });

  const value = await new Promise<T>((resolve, reject) => {
    const fail = () => {
      clearTimeout(deadline);
      reject(new ChildDidNotStart(options.script, said.join('\n'), child.exitCode));
    };
    const deadline = setTimeout(() => void kill().then(fail), options.startDeadlineMs ?? 30_000);
    // After its last words have been read.
    void Promise.race([once(child, 'close'), once(child, 'error')]).then(fail, fail);
    lines.on('line', (line) => {
      note(line);
      options.onLine?.(line);
      const answer = ready(line);
      if (answer === undefined) return;
      clearTimeout(deadline);
      resolve(answer);
    });
  });
  return { value, process: child, ended, stop, kill };
}
