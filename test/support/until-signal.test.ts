// Being asked to stop: once is once, also when the request comes twice; whoever insists gets an end at once, with nothing left behind.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isAlive } from './is-alive';
import { projectRoot } from './project-root';
import { until } from './until';

let folder: string;
let program: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'until-signal-'));
});
afterEach(() => {
  program?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A program with a mark and two children, of which one saves when it is told to end. It never comes to the end of its stopping. */
async function start() {
  const compiled = (path: string) => JSON.stringify(join(projectRoot(), 'dist/test', path));
  const inFolder = (name: string) => JSON.stringify(join(folder, name));
  writeFileSync(join(folder, 'idle.js'), "setInterval(() => {}, 1000); console.log('up');");
  writeFileSync(
    join(folder, 'saving.js'),
    `const up = setInterval(() => {}, 1000);
    process.once('SIGTERM', () => {
      process.stdout.write('saving\\n');
      setTimeout(() => {
        require('node:fs').writeFileSync(${inFolder('saved')}, 'all');
        clearInterval(up);
      }, 200);
    });
    console.log('up');`,
  );
  program = spawn(
    process.execPath,
    [
      '-e',
      `const stopping = require(${compiled('support/until-signal.js')}).untilSignal();
      require(${compiled('local/running-mark.js')}).markRunning(${inFolder('running.pid')});
      const { startChild } = require(${compiled('support/child-process.js')});
      stopping.signal.addEventListener('abort', () => console.log('asked'));
      setInterval(() => {}, 1000);
      (async () => {
        const up = (line) => line || undefined;
        const idle = await startChild({ script: ${inFolder('idle.js')} }, up);
        const saving = await startChild({ script: ${inFolder('saving.js')}, graceMs: 5000 }, up);
        console.log(idle.process.pid + ' ' + saving.process.pid);
      })();`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said: string[] = [];
  createInterface({ input: program.stdout! }).on('line', (line) => said.push(line));
  const children = await until(() => said[0]?.split(' ').map(Number));
  return { program, said, children };
}

test('a request that comes twice in a moment is one; one that comes later ends it at once, and its children save and end', async () => {
  const { program, said, children } = await start();
  const ended = once(program, 'exit');
  const firstAt = performance.now();
  program.kill('SIGINT');
  await until(() => said.includes('asked'));
  program.kill('SIGINT');
  program.kill('SIGTERM');
  const insisting = setInterval(() => program.kill('SIGINT'), 50);
  const [code] = (await ended) as [number];
  clearInterval(insisting);
  expect(performance.now() - firstAt).toBeGreaterThan(1000);
  expect(code).toBe(130);
  expect(said.filter((line) => line === 'asked')).toHaveLength(1);
  expect(existsSync(join(folder, 'running.pid'))).toBe(false);
  await until(() => !children.some(isAlive), 5000);
  expect(readFileSync(join(folder, 'saved'), 'utf8')).toBe('all');
});

test('a program that is killed takes its children with it, and what one has to save and to say then is saved', async () => {
  const { program, children } = await start();
  program.kill('SIGKILL');
  await until(() => !children.some(isAlive), 5000);
  expect(readFileSync(join(folder, 'saved'), 'utf8')).toBe('all');
});
