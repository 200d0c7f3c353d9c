// `npm start` as a person has it: it says where things are, Ctrl-C ends everything, and data survive a restart, also a kill.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../support/project-root';

interface Started {
  readonly process: ChildProcess;
  readonly said: string;
  /** By what the program says of each. */
  readonly urls: { readonly app: string; readonly storage: string; readonly constantContact: string };
  readonly runPath: string;
}

let folder: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-stack-'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** The compiled program, started until it says that everything is there. */
async function start(): Promise<Started> {
  const child = spawn(process.execPath, [join(projectRoot(), 'dist/test/local/start.js'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let said = '';
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      said += `${line}\n`;
      if (line.includes('Ctrl-C')) resolve();
    });
    lines.once('close', () => reject(new Error(`it ended: ${said}`)));
  });
  const after = (what: RegExp) => what.exec(said)?.[1] ?? '';
  return {
    process: child,
    said,
    urls: {
      app: after(/^The app +(http\S+)$/m),
      storage: after(/^Storage \(Azurite\) +(http\S+)$/m),
      constantContact: after(/^Constant Contact \(emulated\) +(http\S+)/m),
    },
    runPath: after(/(\/api\/exports\/[^/]+\/runs)$/m),
  };
}

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

async function untilGone(urls: Started['urls']): Promise<void> {
  for (const url of Object.values(urls)) while (await answers(url)) await delay(50);
}

interface Run {
  readonly status: string;
  readonly progress: { readonly phase: string } | null;
}

const startRun = async ({ urls, runPath }: Started): Promise<string> => {
  const answer = await fetch(new URL(runPath, urls.app), { method: 'POST' });
  expect(answer.status).toBe(202);
  return answer.headers.get('location') ?? '';
};

async function runThat(is: (run: Run) => boolean, { urls }: Started, path: string): Promise<Run> {
  for (;;) {
    const run = (await (await fetch(new URL(path, urls.app))).json()) as Run;
    if (is(run)) return run;
    await delay(100);
  }
}

const isOver = ({ status }: Run) => status !== 'Queued' && status !== 'Processing';
/** It has read its configuration, signed in at Constant Contact, and found the list. */
const isOpen = ({ progress }: Run) => progress !== null && progress.phase !== 'opening';

async function membersOf({ urls }: Started): Promise<number> {
  const state = (await (await fetch(new URL('/_emulator/state?members=0', urls.constantContact))).json()) as {
    lists: { memberCount: number }[];
  };
  return state.lists[0]?.memberCount ?? 0;
}

/** Holds a port, unless somebody has it already, which serves as well. */
async function hold(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}

test('beside a taken port it starts; killed, it takes its children with it; the next one has the data, until Ctrl-C in the middle of a run', async () => {
  const other = await hold(7071);
  try {
    const first = await start();
    expect(Number(new URL(first.urls.app).port)).toBeGreaterThan(7071);
    expect((await fetch(`${first.urls.app}/health/live`)).status).toBe(200);
    const path = await startRun(first);
    expect((await runThat(isOver, first, path)).status).toBe('Completed with warnings');
    const members = await membersOf(first);
    expect(members).toBeGreaterThan(80_000);
    first.process.kill('SIGKILL');
    await untilGone(first.urls);

    const second = await start();
    expect(second.said).not.toContain('First start');
    expect(second.runPath).toBe(first.runPath);
    expect(await membersOf(second)).toBe(members);
    expect((await runThat(isOver, second, path)).status).toBe('Completed with warnings');
    await runThat(isOpen, second, await startRun(second));
    second.process.kill('SIGINT');
    expect(await once(second.process, 'exit')).toEqual([0, null]);
    for (const url of Object.values(second.urls)) expect(await answers(url)).toBe(false);
    expect(await readdir(folder)).not.toContain('running.pid');
  } finally {
    other?.close();
  }
}, 90_000);
