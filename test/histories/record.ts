// Records what orchestrations of runs go through, for the version that host.json gives to new ones. Say "npm run histories:record" when
// that version is new; what was recorded of an older one stays as it is. With names behind it, only these scenes are recorded.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import { projectRoot } from '../support/project-root';
import type { HistoryEvent } from '../support/replay';
import { startStackUnderFire, type StackUnderFire } from '../under-fire/stack-under-fire';
import { currentVersion, folderOf } from './versions';

const executionStarted = 0;

interface Scene {
  readonly name: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Plays it to its end. @returns the run's id. */
  play(stack: StackUnderFire, host: FunctionsHost): Promise<string>;
}

const scenes: readonly Scene[] = [
  {
    name: 'sent',
    async play(stack, host) {
      return stack.start(host, (await stack.makeExport()).id);
    },
  },
  {
    name: 'cancelled',
    async play(stack, host) {
      const firstImport = stack.onTheWay.hold(
        'before',
        ({ method, path }) => method === 'POST' && path.includes('import'),
      );
      const runId = await stack.start(host, (await stack.makeExport()).id);
      await firstImport.reached;
      const answer = await fetch(`${host.url}/api/runs/${runId}/cancel`, { method: 'POST' });
      if (!answer.ok) throw new Error(`the cancel was answered ${answer.status}`);
      firstImport.letGo();
      return runId;
    },
  },
  {
    name: 'worker-died',
    async play(stack, host) {
      await host.addFaults({ activity: 'prepareBatches', execution: 1, do: 'kill-worker' });
      return stack.start(host, (await stack.makeExport()).id);
    },
  },
  {
    name: 'constant-contact-was-away',
    async play(stack, host) {
      stack.onTheWay.add({
        matches: ({ method, path }) => method === 'POST' && path.includes('import'),
        when: 'before',
        wrong: { kind: 'status', status: 503 },
        times: 2,
      });
      return stack.start(host, (await stack.makeExport()).id);
    },
  },
  {
    name: 'went-on',
    settings: { RUN_RETRY_SECONDS: '2' },
    async play(stack, host) {
      // The second batch is not sent in the first try of the run.
      let imports = 0;
      stack.onTheWay.add({
        matches: ({ method, path }) => method === 'POST' && path.includes('import') && (imports += 1) > 1,
        when: 'before',
        wrong: { kind: 'status', status: 503 },
        times: 5,
      });
      return stack.start(host, (await stack.makeExport()).id);
    },
  },
];

/** As the real host stores it for this version, and without what lies on this machine. */
const asStored = (event: HistoryEvent, version: string): HistoryEvent => ({
  ...event,
  ...(event.EventType === executionStarted ? { Version: version } : {}),
  ...('Details' in event ? { Reason: 'Activity function failed', Details: '{}', FailureDetails: null } : {}),
});

async function main(): Promise<void> {
  const version = currentVersion(JSON.parse(await readFile(join(projectRoot(), 'host.json'), 'utf8')));
  const folder = folderOf(version);
  await mkdir(folder, { recursive: true });
  const asked = process.argv.slice(2);
  const wanted = scenes.filter(({ name }) => asked.length === 0 || asked.includes(name));
  for (const { name, settings, play } of wanted) {
    const stack = await startStackUnderFire(settings);
    try {
      const host = await stack.startHost();
      const runId = await play(stack, host);
      const run = await stack.ended(host, runId);
      const { events } = await host.history(runId);
      const history = events.map((event) => asStored(event as HistoryEvent, version));
      await writeFile(join(folder, `${name}.json`), `${JSON.stringify(history, null, 1)}\n`);
      console.log(`${name}: ${run.status}, ${history.length} events`);
    } finally {
      await stack.stop();
    }
  }
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
