// The local Functions host when the process that started it is gone: it ends soon, with its worker, and leaves its work to the next one.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startAzurite, type Azurite } from '../../support/azurite';
import { hostAppRoot, startHostApp } from '../../support/host-app';
import { isAlive } from '../../support/is-alive';
import { projectRoot } from '../../support/project-root';
import { until } from '../../support/until';

/** Longer than the tests may take: an activity that was not given back would not come to its end. */
const workItemVisibilityMs = 120_000;
const hub = 'Orphans';

let azurite: Azurite;
let folder: string;
let parent: ChildProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orphan-'));
  azurite = await startAzurite();
});
afterEach(async () => {
  parent.kill('SIGKILL');
  await azurite.stop();
  rmSync(folder, { recursive: true });
});

const env = () => ({ NOTES: join(folder, 'notes'), SEEN: join(folder, 'seen') });
const notes = () => readFileSync(env().NOTES, { encoding: 'utf8', flag: 'a+' }).trim().split('\n');

/** A process that starts a host and tells where it is. A SIGTERM lets it exit without another word to the host. */
async function startParent() {
  const options = {
    appRoot: hostAppRoot,
    storage: azurite.connectionString,
    hub,
    workItemVisibilityMs,
    env: { TICK_SCHEDULE: '0 0 5 31 1 *', ...env() },
  };
  const script = join(projectRoot(), 'dist/test/emulators/functions-host/functions-host.js');
  parent = spawn(
    process.execPath,
    [
      '-e',
      `process.on('SIGTERM', () => process.exit(0));
      require(${JSON.stringify(script)}).startFunctionsHost(${JSON.stringify(options)}).then(async ({ url, pid, workerPid }) =>
        console.log(JSON.stringify({ url, pids: [pid, await workerPid()] })));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface({ input: parent.stdout! }), 'line')) as [string];
  const { url, pids } = JSON.parse(line) as { url: string; pids: number[] };
  await fetch(`${url}/api/start/slowly?id=one`, {
    method: 'POST',
    body: JSON.stringify({ names: ['one'], ms: 5000 }),
  });
  await until(() => notes().includes('one began'));
  return pids;
}

test('its parent is killed in the middle of an activity: it is gone before that ends, and the next one runs it again at once', async () => {
  const pids = await startParent();
  parent.kill('SIGKILL');
  await until(() => !pids.some(isAlive), 4000);
  expect(notes()).toEqual(['one began']);

  const next = await startHostApp(azurite.connectionString, { hub, workItemVisibilityMs, env: env() });
  try {
    expect((await next.ended('one')).runtimeStatus).toBe('Completed');
    expect(notes()).toEqual(['one began', 'one began', 'one ended']);
  } finally {
    await next.stop();
  }
}, 60_000);

test('its parent exits in a hurry: it is gone with it', async () => {
  const pids = await startParent();
  parent.kill('SIGTERM');
  await once(parent, 'exit');
  await until(() => !pids.some(isAlive), 1000);
  expect(notes()).toEqual(['one began']);
});
