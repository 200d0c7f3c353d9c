// The lint rules that guard the design: what breaks the replay of orchestrators or the layers is reported, and the present tree is not.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { projectRoot } from './support/project-root';

interface Said {
  readonly rule: string | null;
  readonly message: string;
  readonly at: string;
}

const root = projectRoot();
const orchestrator = 'functions/orchestrators/sample.ts';
const activity = 'functions/activities/sample.ts';
const inner = 'shared/runs/sample.ts';
const platform = 'shared/platform/sample.ts';
const emulator = 'test/emulators/sample.ts';
const deepEmulator = 'test/emulators/functions-host/durable/sample.ts';

/** Each breaks one rule, whose message has to say what to do instead. */
const broken: readonly (readonly [file: string, code: string, message: RegExp])[] = [
  [orchestrator, 'export const at = Date.now();', /currentUtcDateTime/],
  [orchestrator, 'const { now } = Date; export const at = now();', /currentUtcDateTime/],
  [orchestrator, "export const at = Date['now']();", /currentUtcDateTime/],
  [orchestrator, 'export const at = new Date();', /currentUtcDateTime/],
  [orchestrator, 'export const at = Date();', /currentUtcDateTime/],
  [orchestrator, 'export const at = performance.now();', /currentUtcDateTime/],
  [orchestrator, 'export const at = performance.timeOrigin;', /currentUtcDateTime/],
  [orchestrator, 'export const id = Math.random();', /id from the input/],
  [orchestrator, 'export const id = crypto.randomUUID();', /newGuid|id from the input/],
  [orchestrator, "export const go = () => fetch('https://example.com');", /into an activity/],
  [orchestrator, "export const on = process.env['FLAG'];", /orchestration input/],
  [orchestrator, 'export const on = globalThis.process;', /activity/],
  [orchestrator, 'export const on = global;', /activity/],
  [orchestrator, 'setTimeout(() => undefined, 5);', /createTimer/],
  [orchestrator, 'setInterval(() => undefined, 5);', /createTimer/],
  [orchestrator, 'setImmediate(() => undefined);', /createTimer/],
  [orchestrator, "console.log('again');", /log in an activity/],
  [orchestrator, 'export const go = async () => { await null; };', /never await|yield/],
  [orchestrator, 'export async function* go() { yield 1; }', /yield/],
  [orchestrator, 'export const all = Promise.all([]);', /yield/],
  [orchestrator, "export const later = import('./other');", /top of the file/],
  [orchestrator, "import { randomUUID } from 'node:crypto'; export const id = randomUUID();", /activity/],
  [
    orchestrator,
    "import { setTimeout } from 'node:timers/promises'; export const wait = setTimeout;",
    /activity/,
  ],
  [orchestrator, "import { readFileSync } from 'fs'; export const read = readFileSync;", /activity/],
  [orchestrator, "import { hostname } from 'os'; export const name = hostname();", /activity/],
  [orchestrator, "import { setTimeout } from 'timers/promises'; export const wait = setTimeout;", /activity/],
  [orchestrator, "import { exec } from 'child_process'; export const run = exec;", /activity/],
  [
    orchestrator,
    "import { BlobServiceClient } from '@azure/storage-blob'; export const client = BlobServiceClient;",
    /activity|shared\/platform/,
  ],
  [orchestrator, "import { app } from '@azure/functions'; export const it = app;", /activity/],
  [orchestrator, "import { compose } from '../composition'; export const it = compose;", /activity/],
  [orchestrator, "import { log } from '../invocation'; export const it = log;", /activity/],
  [
    orchestrator,
    "import { systemClock } from '../../shared/platform/clock'; export const it = systemClock;",
    /activity/,
  ],
  [orchestrator, "export * from '../../shared/runs/steps';", /barrel/],

  [inner, "import { app } from '@azure/functions'; export const it = app;", /Functions host/],
  [
    inner,
    "import type { HttpRequest } from '@azure/functions'; export type It = HttpRequest;",
    /Functions host/,
  ],
  [inner, "import { app } from 'durable-functions'; export const it = app;", /Functions host/],
  [
    inner,
    "import { Orchestrator } from 'durable-functions/lib/src/orchestrations/Orchestrator'; export const it = Orchestrator;",
    /Functions host/,
  ],
  [
    inner,
    "import { registerFunction } from '@azure/functions-core'; export const it = registerFunction;",
    /Functions host/,
  ],
  [inner, "export { BlobServiceClient } from '@azure/storage-blob';", /shared\/platform/],
  [
    inner,
    "import { TableClient } from '@azure/data-tables'; export const it = TableClient;",
    /shared\/platform/,
  ],
  [
    inner,
    "import { DefaultAzureCredential } from '@azure/identity'; export const it = DefaultAzureCredential;",
    /shared\/platform/,
  ],
  [
    inner,
    "import { SecretClient } from '@azure/keyvault-secrets'; export const it = SecretClient;",
    /shared\/platform/,
  ],
  [
    inner,
    "import { QueueClient } from '@azure/storage-queue'; export const it = QueueClient;",
    /shared\/platform/,
  ],
  [
    inner,
    "import { compose } from '../../functions/composition'; export const it = compose;",
    /never imports functions/,
  ],
  [
    inner,
    "import { guard } from '../../functions/http/guard'; export const it = guard;",
    /never imports functions/,
  ],
  [
    inner,
    "import { startAzurite } from '../../test/support/azurite'; export const it = startAzurite;",
    /never imports what tests it/,
  ],
  [inner, "export const it = import('@azure/storage-blob');", /top of the file/],
  [inner, "export const it = require('@azure/storage-blob');", /require/],
  [inner, "import it = require('@azure/storage-blob'); export const that = it;", /require|shared\/platform/],
  [inner, "export * from './run';", /barrel/],

  [platform, "import { newRunId } from '../runs/run'; export const it = newRunId;", /innermost/],
  [
    platform,
    "import { compose } from '../../functions/composition'; export const it = compose;",
    /never imports functions|innermost/,
  ],
  [platform, "import { app } from '@azure/functions'; export const it = app;", /Functions host/],
  [
    platform,
    "import { startAzurite } from '../../test/support/azurite'; export const it = startAzurite;",
    /never imports what tests it|innermost/,
  ],

  [
    activity,
    "import { BlobServiceClient } from '@azure/storage-blob'; export const it = BlobServiceClient;",
    /shared\/platform/,
  ],
  [
    activity,
    "import { ManagedIdentityCredential } from '@azure/identity'; export const it = ManagedIdentityCredential;",
    /shared\/platform/,
  ],
  [
    activity,
    "import { startAzurite } from '../../test/support/azurite'; export const it = startAzurite;",
    /never imports what tests it/,
  ],
  [activity, "export const it = import('@azure/storage-blob');", /top of the file/],

  [
    emulator,
    "import { readSettings } from '../../shared/platform/settings'; export const it = readSettings;",
    /nothing of the app/,
  ],
  [emulator, "import type { Run } from '../../shared/runs/run'; export type It = Run;", /nothing of the app/],
  [
    emulator,
    "import { compose } from '../../functions/composition'; export const it = compose;",
    /nothing of the app/,
  ],
  [
    deepEmulator,
    "import { exportRun } from '../../../../functions/orchestrators/export-run'; export const it = exportRun;",
    /nothing of the app/,
  ],
  [
    deepEmulator,
    "import { lock } from '../../../../shared/runs/run-store'; export const it = lock;",
    /nothing of the app/,
  ],
  [emulator, "export const it = import('../../shared/platform/settings');", /top of the file/],
];

/** What the guards let through. */
const sound: readonly (readonly [file: string, code: string])[] = [
  [orchestrator, 'export const until = (milliseconds: number) => new Date(milliseconds);'],
  [orchestrator, 'export const most = Math.max(1, 2);'],
  [
    orchestrator,
    "import { RetryOptions } from 'durable-functions'; export const retry = () => new RetryOptions(1, 1);",
  ],
  [
    orchestrator,
    "import { estimateSeconds } from '../../shared/runs/estimate'; export const it = estimateSeconds;",
  ],
  [activity, 'export const at = Date.now();'],
  [activity, "import { randomUUID } from 'node:crypto'; export const id = randomUUID();"],
  [activity, "import type { HttpRequest } from '@azure/functions'; export type It = HttpRequest;"],
  [inner, "import { randomUUID } from 'node:crypto'; export const id = randomUUID();"],
  [inner, "import type { Table } from '../platform/tables'; export type It = Table;"],
  [platform, "import { BlobServiceClient } from '@azure/storage-blob'; export const it = BlobServiceClient;"],
  [platform, "import { statusOf } from './azure-errors'; export const it = statusOf;"],
  [emulator, "import { startChild } from '../support/child-process'; export const it = startChild;"],
  [deepEmulator, "import { decide } from './decide'; export const it = decide;"],
  [deepEmulator, "import { startHost } from '../../functions-host/host'; export const it = startHost;"],
];

const guards = /^(no-restricted-|@typescript-eslint\/no-require-imports)/;
const guarded = (said: readonly Said[]) => said.filter(({ rule }) => rule === null || guards.test(rule));

let answers: readonly (readonly Said[])[];
let tree: readonly Said[];
beforeAll(() => {
  const snippets = [...broken, ...sound].map(([file, code]) => ({
    file: join(root, file),
    code: `${code}\n`,
  }));
  const folders = ['functions', 'shared', 'test/emulators'];
  const output = execFileSync(process.execPath, [join(__dirname, 'lint-snippets.mjs')], {
    input: JSON.stringify({ root, snippets, folders }),
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  ({ answers, tree } = JSON.parse(output) as { answers: Said[][]; tree: Said[] });
}, 60_000);

test.each(broken.map(([file, code, message], index) => ({ file, code, message, index })))(
  'reported in $file: $code',
  ({ message, index }) => {
    const messages = guarded(answers[index]!).map((said) => said.message);
    expect(messages.filter((one) => message.test(one))).not.toEqual([]);
  },
);

test.each(sound.map(([file, code], index) => ({ file, code, index })))(
  'not reported in $file: $code',
  ({ index }) => {
    expect(guarded(answers[broken.length + index]!)).toEqual([]);
  },
);

test('nothing is reported in the present tree', () => {
  expect(guarded(tree)).toEqual([]);
});

test('no guard is switched off by a comment', () => {
  const off = /eslint-disable(-next-line|-line)?( *$|.*(no-restricted|no-require))/m;
  const files = ['functions', 'shared', 'test/emulators'].flatMap(sourcesIn);
  expect(files.filter((file) => off.test(readFileSync(file, 'utf8')))).toEqual([]);
});

test('emulators reach nothing of the app by a detour either', () => {
  const seen = reachedFrom(sourcesIn('test/emulators').filter((file) => !file.endsWith('.test.ts')));
  expect(seen.size).toBeGreaterThan(30);
  const app = [join(root, 'shared'), join(root, 'functions')];
  expect([...seen].filter((file) => app.some((folder) => file.startsWith(`${folder}/`)))).toEqual([]);
});

const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, folder, file));

/** These files, and every file of the project that they import, or that those import. */
function reachedFrom(files: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const queue = [...files];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/\bfrom '(\.[^']+)'/g)) {
      const found = `${resolve(dirname(file), name)}.ts`;
      if (existsSync(found)) queue.push(found);
    }
  }
  return seen;
}
