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

const startRun = ({ urls, runPath }: Started) => fetch(new URL(runPath, urls.app), { method: 'POST' });

async function untilOver({ urls }: Started, path: string): Promise<string> {
  for (;;) {
    const { status } = (await (await fetch(new URL(path, urls.app))).json()) as { status: string };
    if (status !== 'Queued' && status !== 'Processing') return status;
    await delay(100);
  }
}

async function held(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}

test('a killed stack takes its children with it, and the next one goes on with its data until Ctrl-C', async () => {
  const first = await start();
  expect((await fetch(`${first.urls.app}/health/live`)).status).toBe(200);
  expect(await (await fetch(first.urls.constantContact)).text()).toContain('Customers');
  const answer = await startRun(first);
  expect(answer.status).toBe(202);
  const path = answer.headers.get('location') ?? '';
  expect(await untilOver(first, path)).toBe('Completed with warnings');
  first.process.kill('SIGKILL');
  await untilGone(first.urls);

  const second = await start();
  expect(second.said).not.toContain('First start');
  expect(second.runPath).toBe(first.runPath);
  expect(await untilOver(second, path)).toBe('Completed with warnings');
  const again = await startRun(second);
  expect(await untilOver(second, again.headers.get('location') ?? '')).toBe('Completed with warnings');
  second.process.kill('SIGINT');
  expect(await once(second.process, 'exit')).toEqual([0, null]);
  for (const url of Object.values(second.urls)) expect(await answers(url)).toBe(false);
  expect(await readdir(folder)).not.toContain('running.pid');
}, 60_000);

test('where its port is taken, it takes the next one and says which', async () => {
  // Whoever has it already serves as well.
  const server = await held(7071);
  try {
    const { urls, process: child } = await start();
    expect(Number(new URL(urls.app).port)).toBeGreaterThan(7071);
    expect((await fetch(`${urls.app}/health/live`)).status).toBe(200);
    child.kill('SIGTERM');
    await once(child, 'exit');
  } finally {
    server?.close();
  }
}, 60_000);
