// `npm start`: everything on this machine, with data that stays in `.local/` (or in the folder that it is given), until Ctrl-C.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeSample } from '../sample/sample';
import { uploadModel, uploadSample } from '../sample/upload';
import { untilFolderIsLeft } from '../support/azurite-folder';
import { projectRoot } from '../support/project-root';
import { untilSignal } from '../support/until-signal';
import { FolderInUse, markRunning } from './running-mark';
import { configure } from './configure';
import { startStack, type Stack, type StackPorts } from './stack';
import { whereText } from './where';

const container = 'customer-insights';
const listName = 'Customers';

/** Where people look for them: the ports of Azure Functions Core Tools and of Azurite; the other two are ours. */
const ports: StackPorts = {
  functions: 7071,
  blob: 10000,
  queue: 10001,
  table: 10002,
  keyVault: 7081,
  constantContact: 7082,
};

/** What the first start left, so that later ones find it. */
interface Seeded {
  readonly exportId: string;
  /** The address of the container that `model.json` names. */
  readonly blobEndpoint: string;
}

async function seedOnce(
  stack: Stack,
  sample: ReturnType<typeof makeSample>,
  file: string,
  signal: AbortSignal,
): Promise<Seeded> {
  const { blobEndpoint, connectionString } = stack.azurite;
  if (existsSync(file)) {
    const before = JSON.parse(readFileSync(file, 'utf8')) as Seeded;
    const now = { ...before, blobEndpoint };
    if (before.blobEndpoint !== blobEndpoint) {
      // `model.json` holds full addresses: after a change of port they would point elsewhere.
      await uploadModel(sample, connectionString, container);
      writeFileSync(file, JSON.stringify(now));
    }
    return now;
  }
  console.log('First start: making a sample segment, a connection and an export …');
  const [list] = stack.constantContact.seed({
    lists: [{ name: listName }],
    contacts: sample.unsubscribed.map((address) => ({ address, status: 'unsubscribed' as const })),
  });
  if (!list) throw new Error('the emulated account took no list');
  await uploadSample(sample, connectionString, container);
  const { exportId } = await configure(
    stack,
    {
      name: 'Customers to Constant Contact',
      listId: list.id,
      segments: sample.segments,
      columns: sample.columns,
    },
    signal,
  );
  const seeded = { exportId, blobEndpoint };
  writeFileSync(file, JSON.stringify(seeded));
  return seeded;
}

/** Somebody may have removed it since the first start. */
async function isThere({ functionsUrl }: Stack, exportId: string, signal: AbortSignal): Promise<boolean> {
  const answer = await fetch(new URL(`/api/exports/${exportId}`, functionsUrl), { signal });
  await answer.body?.cancel();
  return answer.status !== 404;
}

async function main(): Promise<number> {
  const stopping = untilSignal();
  const folder = resolve(process.argv[2] ?? join(projectRoot(), '.local'));
  const seededFile = join(folder, 'seeded.json');
  mkdirSync(folder, { recursive: true });
  let unmark: (() => void) | undefined;
  let stack: Stack | undefined;
  try {
    unmark = markRunning(join(folder, 'running.pid'));
    // A first start that was cut short begins anew.
    if (!existsSync(seededFile)) {
      await untilFolderIsLeft(join(folder, 'azurite'));
      for (const part of ['azurite', 'key-vault.json', 'constant-contact']) {
        rmSync(join(folder, part), { recursive: true, force: true });
      }
    }
    for (const part of ['azurite', 'constant-contact']) mkdirSync(join(folder, part), { recursive: true });
    const sample = makeSample();
    stack = await startStack({
      folder,
      ports,
      container,
      prefix: sample.prefix,
      onLog: (line) => console.log(line),
      signal: stopping.signal,
    });
    const { exportId } = await seedOnce(stack, sample, seededFile, stopping.signal);
    const there = await isThere(stack, exportId, stopping.signal);
    console.log(whereText(stack, ports, there ? exportId : undefined, folder));
    const asked = new Promise<undefined>((resolve) => {
      if (stopping.signal.aborted) resolve(undefined);
      stopping.signal.addEventListener('abort', () => resolve(undefined));
    });
    const broken = await Promise.race([asked, stack.broken]);
    if (broken === undefined) return 0;
    console.error(`${broken} has ended; without it nothing works.`);
    return 1;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    console.error(error instanceof FolderInUse ? error.message : error);
    return 1;
  } finally {
    if (stack) console.log('Stopping … (Ctrl-C again ends it at once)');
    await stack?.stop();
    unmark?.();
  }
}

void main().then((code) => process.exit(code));
