// The local stack for tests: the compiled program as a person starts it, what it says, and what its app and its Constant Contact answer.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isOver, type Run } from '../demo/app-api';
import type { EmulatorState, Member } from '../emulators/constant-contact/inspection';
import { projectRoot } from '../support/project-root';
import { until } from '../support/until';

export interface StartedStack {
  /** What was started: the program itself, or npm around it. */
  readonly process: ChildProcess;
  /** Its exit code and signal. */
  readonly exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
  readonly said: string;
  /** By what the program says of each. */
  readonly urls: { readonly app: string; readonly storage: string; readonly constantContact: string };
  readonly runPath: string;
}

const program = () => join(projectRoot(), 'dist/test/local/start.js');
const startDeadlineMs = 60_000;

/** Waits until it says that everything is there. */
async function untilUp(file: string, args: readonly string[], options: SpawnOptions): Promise<StartedStack> {
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const output = { said: '', isOver: false };
  createInterface({ input: child.stdout })
    .on('line', (line) => (output.said += `${line}\n`))
    .once('close', () => (output.isOver = true));
  await until(() => output.isOver || output.said.includes('Ctrl-C ends'), startDeadlineMs);
  const { said } = output;
  if (output.isOver) throw new Error(`it ended: ${said}`);
  const after = (what: RegExp) => what.exec(said)?.[1] ?? '';
  return {
    process: child,
    exited,
    said,
    urls: {
      app: after(/^The app +(http\S+)$/m),
      storage: after(/^Storage \(Azurite\) +(http\S+)$/m),
      constantContact: after(/^Constant Contact \(emulated\) +(http\S+)/m),
    },
    runPath: after(/(\/api\/exports\/[^/]+\/runs) /),
  };
}

/** The program alone, with its data in `folder`. */
export const startAlone = (folder: string): Promise<StartedStack> =>
  untilUp(process.execPath, [program(), folder], {});

/** `npm start` of a package that starts the program as ours does. It leads a process group, as in a terminal. */
export function startUnderNpm(folder: string): Promise<StartedStack> {
  const script = `exec "${process.execPath}" "${program()}" "${folder}"`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'scratch', private: true, scripts: { start: script } }),
  );
  return untilUp('npm', ['start'], { cwd: folder, detached: true });
}

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

/** Whether any of its parts still answers. */
export async function anyAnswers({ urls }: StartedStack): Promise<boolean> {
  const all = await Promise.all(Object.values(urls).map(answers));
  return all.includes(true);
}

/** @returns the path of the run. */
export async function startRun({ urls, runPath }: StartedStack): Promise<string> {
  const answer = await fetch(new URL(runPath, urls.app), { method: 'POST' });
  if (answer.status !== 202) throw new Error(`the start was answered ${answer.status}`);
  return answer.headers.get('location') ?? '';
}

/** The run, as soon as it is like this. */
export function untilRun({ urls }: StartedStack, path: string, is: (run: Run) => boolean): Promise<Run> {
  return until(async () => {
    const run = (await (await fetch(new URL(path, urls.app))).json()) as Run;
    return is(run) && run;
  }, 60_000);
}

export const untilOver = (stack: StartedStack, path: string) => untilRun(stack, path, isOver);

export async function accountOf({ urls }: StartedStack): Promise<EmulatorState> {
  const url = new URL('/_emulator/state?members=0', urls.constantContact);
  return (await (await fetch(url)).json()) as EmulatorState;
}

export async function membersOf({ urls }: StartedStack, listId: string): Promise<Member[]> {
  const url = new URL(`/_emulator/lists/${listId}/members`, urls.constantContact);
  const lines = (await (await fetch(url)).text()).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Member);
}
