// The whole app on the local stack, with the bench's segment: one export, or several at the same moment. Each result is checked.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { makeAppApi } from '../demo/app-api';
import { faultsOfFiles } from '../demo/checks';
import { seedConnectionAndExport } from '../local/seed';
import { startStack, type Stack } from '../local/stack';
import { exportColumns } from './bench-export';
import { modelOf, segmentName, type DataSet } from './data-set';
import { expectedCounts } from './people';
import { makePreparations } from './preparations';
import { makeRollCall, WrongResult } from './roll-call';
import { watchWorker } from './worker-memory';

export const container = 'segments';
const prefix = 'bench';
/** From acceptance to end of an import job. */
const jobMilliseconds = 1_000;
const deadlineMs = 600_000;
const keptLines = 60;

export interface EndToEnd {
  /** From the 202 to the final row, which tells when the run ended. */
  readonly wallSeconds: number;
  /** Of the activity, as the host measures it. */
  readonly prepareSeconds: number;
  /** From the first import request to the last. */
  readonly sendSeconds: number;
  /** From the last import request to the final row. */
  readonly waitSeconds: number;
  /** Largest resident size of the worker process. */
  readonly peakMemoryMB: number | undefined;
  /** To Constant Contact, all kinds. */
  readonly requests: number;
  readonly importJobs: number;
  readonly violations: number;
  /** How long all exports were in prepareBatches at once. */
  readonly secondsAtOnce: number;
}

export interface BenchStack {
  readonly stack: Stack;
  /** Names of the shards in the container. */
  readonly shards: readonly string[];
  /** Runs the exports at the same moment and checks their lists. @throws {NotAtOnce} when they did not all prepare at once. */
  run(signal: AbortSignal): Promise<EndToEnd>;
  stop(): Promise<void>;
}

async function upload({ azurite }: Stack, data: DataSet): Promise<string[]> {
  const client = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    container,
  );
  await client.createIfNotExists();
  const names = data.shards.map((name) => `${prefix}/${name}`);
  for (const [index, name] of names.entries()) {
    const path = join(data.folder, data.shards[index]!);
    await client.getBlockBlobClient(name).uploadStream(createReadStream(path), 4 * 1024 * 1024, 2);
  }
  const model = modelOf({ shards: names }, client.url);
  await client.getBlockBlobClient(`${prefix}/model.json`).upload(model, Buffer.byteLength(model));
  return names;
}

function checkCounts(counts: Readonly<Record<string, number>> | null, data: DataSet): void {
  const { read, contacts, duplicate, rejected } = expectedCounts(data.profiles);
  const wanted = { read, accepted: contacts, duplicate, rejected, refused: 0, unconfirmed: 0, notSent: 0 };
  const faults = Object.entries(wanted).filter(([name, count]) => counts?.[name] !== count);
  if (faults.length > 0)
    throw new WrongResult('the report of the run', [
      `it says ${JSON.stringify(counts)}, not ${JSON.stringify(wanted)}`,
    ]);
}

function checkFiles({ constantContact }: Stack): void {
  const faults = faultsOfFiles(constantContact.state(0));
  if (faults.length > 0) throw new WrongResult('what was sent', faults);
}

/** Who is not active is missing. */
function checkList({ constantContact }: Stack, listId: string, data: DataSet): void {
  const roll = makeRollCall(data.profiles);
  for (const { address, status, fields } of constantContact.members(listId)) {
    if (status !== 'active') continue;
    const { first_name: firstName = '', last_name: lastName = '' } = fields;
    roll.meet({ address, firstName, lastName });
  }
  roll.end('the list at Constant Contact');
}

/**
 * At the pace of the request budget exports open one after another, and the first is prepared before the last is open. So Constant Contact
 * answers the last request of their opening to all of them at once. The app and its pace stay as they are in production.
 */
const openTogether = ({ constantContact }: Stack, exportCount: number) =>
  constantContact.failRequest({
    method: 'GET',
    path: '/v3/contact_lists/',
    times: exportCount,
    action: { kind: 'gather', requests: exportCount },
  });

/** A fresh stack with the segment in its storage: nothing of an earlier run is in any process. */
export async function startBenchStack(data: DataSet, exportCount: number): Promise<BenchStack> {
  const lines: string[] = [];
  const preparations = makePreparations();
  const lists = Array.from({ length: exportCount }, (_, index) => ({ name: `Customers ${index + 1}` }));
  const stack = await startStack({
    container,
    prefix,
    jobMilliseconds,
    constantContactSeed: { lists },
    // The timer leaves the exports alone: they are started here.
    settings: { SEGMENT_SETTLE_SECONDS: '86400' },
    onLog: (line) => {
      preparations.hear(line);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    },
  });
  try {
    const shards = await upload(stack, data);
    const { constantContact } = stack;
    const seeded: { readonly exportId: string; readonly listId: string }[] = [];
    for (const { name, id: listId } of constantContact.state(0).lists) {
      if (!lists.some((list) => list.name === name)) continue;
      const { exportId } = await seedConnectionAndExport(stack, {
        name,
        listId,
        segments: [segmentName],
        columns: exportColumns,
      });
      seeded.push({ exportId, listId });
    }

    const run = async (signal: AbortSignal): Promise<EndToEnd> => {
      const api = makeAppApi(stack.functionsUrl, signal);
      const peakMemory = await watchWorker(stack.host);
      openTogether(stack, exportCount);
      const paths = await Promise.all(seeded.map(({ exportId }) => api.startRun(exportId)));
      const accepted = Date.now();
      const runs = await Promise.all(paths.map((path) => api.untilOver(path, deadlineMs, () => undefined)));
      const peakMemoryMB = await peakMemory();

      for (const { status, counts, reason } of runs) {
        if (status !== 'Completed with warnings')
          throw new WrongResult('a run', [
            `it is ${status} (${reason?.sentence ?? 'no reason'})`,
            ...lines.slice(-10),
          ]);
        checkCounts(counts, data);
      }
      checkFiles(stack);
      const state = constantContact.state(0);
      for (const { listId } of seeded) checkList(stack, listId, data);
      const imports = state.requests.log.filter(
        ({ method, path }) => method === 'POST' && path.endsWith('/activities/contacts_file_import'),
      );
      const [first, last] = [imports.at(0), imports.at(-1)];
      // A few storage calls before the final row is there; the clock is this machine's.
      const over = Math.max(...runs.map(({ endedAt }) => Date.parse(endedAt ?? '')));
      const prepareSeconds = preparations.longestSeconds();
      if (!first || !last || prepareSeconds === undefined || Number.isNaN(over))
        throw new Error('the run left no trace of its steps');
      return {
        wallSeconds: (over - accepted) / 1000,
        prepareSeconds,
        sendSeconds: (last.at - first.at) / 1000,
        waitSeconds: (over - last.at) / 1000,
        peakMemoryMB,
        requests: state.requests.total,
        importJobs: state.jobs.filter(({ kind }) => kind === 'import').length,
        violations: state.violations.length,
        secondsAtOnce: preparations.secondsAtOnce(exportCount),
      };
    };
    return { stack, shards, run, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
