// `npm run bench`: how fast a run is and how much memory it takes, beside DuckDB doing the same work. Every result is checked: a fast
// wrong answer ends the bench.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';
import { untilSignal } from '../support/until-signal';
import type { CopyJob } from './copy-process';
import { writeDataSet, type DataSet } from './data-set';
import type { DuckDBJob } from './duckdb-process';
import { container, startBenchStack, type EndToEnd } from './end-to-end';
import { startProcess, type MeasuredProcess } from './measured-process';
import { summarize, type Measured, type Sample } from './measurements';
import { readOptions, usage, type Options } from './options';
import { expectedCounts } from './people';
import { tableOf, type Results } from './report';
import { makeRollCall, meetFile, WrongResult } from './roll-call';
import { batchPaths, type TransformJob, type Transformed } from './transform-process';

const containerUrl = 'https://bench.blob.core.windows.net/segments';
/** Enough for the compiler to have seen the hot path; fewer when little is measured. */
const warmUpProfiles = ({ sizes }: Options) => Math.min(100_000, 10 * Math.max(...sizes));
const concurrentProfiles = 100_000;

interface Processes {
  readonly transform: MeasuredProcess<TransformJob, Transformed>;
  readonly duckdb: MeasuredProcess<DuckDBJob, { seconds: number }>;
  readonly copy: MeasuredProcess<CopyJob, { seconds: number; bytes: number }>;
}

/** Progress, apart from the results. */
const say = (text: string) => console.error(text);

/** One run of ours and one of DuckDB, right after each other, on the same files. */
async function transformBoth({ transform, duckdb }: Processes, data: DataSet) {
  const output = join(data.folder, 'batches');
  const file = join(data.folder, 'duckdb.csv');
  const ours = await transform.run({ input: data.folder, containerUrl, output });
  const theirs = await duckdb.run({
    shards: data.shards.map((name) => join(data.folder, name)),
    output: file,
  });

  const { read, contacts, duplicate, rejected } = ours.manifest.counts;
  const expected = expectedCounts(data.profiles);
  if (JSON.stringify({ read, contacts, duplicate, rejected }) !== JSON.stringify(expected))
    throw new WrongResult('the manifest', [
      `${JSON.stringify(ours.manifest.counts)}, not ${JSON.stringify(expected)}`,
    ]);
  const roll = makeRollCall(data.profiles);
  for (const path of batchPaths(output, ours.manifest)) await meetFile(roll, path);
  roll.end('our files');
  const theirRoll = makeRollCall(data.profiles);
  await meetFile(theirRoll, file);
  theirRoll.end("DuckDB's file");
  return {
    transformSeconds: ours.seconds,
    duckdbSeconds: theirs.seconds,
    uploads: ours.manifest.batches.map(({ bytes }) => bytes),
  };
}

/** One run of everything. */
async function sample(processes: Processes, data: DataSet, signal: AbortSignal): Promise<Sample> {
  const { uploads, ...seconds } = await transformBoth(processes, data);
  signal.throwIfAborted();
  const bench = await startBenchStack(data, 1);
  let endToEnd: EndToEnd;
  let copied: { readonly seconds: number; readonly bytes: number };
  try {
    const job = {
      connectionString: bench.stack.azurite.connectionString,
      container,
      shards: bench.shards,
      uploads,
    };
    // The first one warms up the storage emulator and the process, for the run as for the second copy.
    await processes.copy.run(job);
    endToEnd = await bench.run(signal);
    copied = await processes.copy.run(job);
  } finally {
    await bench.stop();
  }
  if (copied.bytes !== data.bytes)
    throw new WrongResult('the copy', [`${copied.bytes} bytes, not ${data.bytes}`]);
  return { ...seconds, ...endToEnd, copySeconds: copied.seconds };
}

async function measure(
  processes: Processes,
  folder: string,
  profiles: number,
  runs: number,
  signal: AbortSignal,
): Promise<Measured> {
  say(`${profiles.toLocaleString('en-US')} profiles: writing the files …`);
  const data = await writeDataSet(folder, profiles, containerUrl);
  const samples: Sample[] = [];
  for (let run = 1; run <= runs; run++) {
    signal.throwIfAborted();
    const one = await sample(processes, data, signal);
    samples.push(one);
    say(`  run ${run}: ${JSON.stringify(one)}`);
  }
  await rm(folder, { recursive: true });
  return summarize(profiles, expectedCounts(profiles).contacts, samples);
}

interface HostJson {
  readonly extensions: { readonly durableTask: { readonly maxConcurrentActivityFunctions: number } };
}

/** As many exports as host.json lets prepare at once, all at the same moment. */
async function measureConcurrent(folder: string, signal: AbortSignal) {
  const hostJson = JSON.parse(await readFile(join(projectRoot(), 'host.json'), 'utf8')) as HostJson;
  const exportCount = hostJson.extensions.durableTask.maxConcurrentActivityFunctions;
  say(`${exportCount} exports at the same moment …`);
  const data = await writeDataSet(folder, concurrentProfiles, containerUrl);
  const bench = await startBenchStack(data, exportCount);
  try {
    const { peakMemoryMB, ...rest } = await bench.run(signal);
    say(`  ${JSON.stringify({ peakMemoryMB, ...rest })}`);
    return {
      concurrentExports: exportCount,
      concurrentMemoryMB: peakMemoryMB === undefined ? null : Math.round(peakMemoryMB),
    };
  } finally {
    await bench.stop();
  }
}

async function bench(options: Options, folder: string, signal: AbortSignal): Promise<Results> {
  const processes: Processes = {
    transform: startProcess('transform-process'),
    duckdb: startProcess('duckdb-process'),
    copy: startProcess('copy-process'),
  };
  try {
    say('Warming up …');
    const warmUp = await writeDataSet(join(folder, 'warm-up'), warmUpProfiles(options), containerUrl);
    for (let round = 1; round <= 3; round++) await transformBoth(processes, warmUp);
    const runs: Measured[] = [];
    for (const profiles of options.sizes)
      runs.push(await measure(processes, join(folder, String(profiles)), profiles, options.runs, signal));
    const concurrent = options.concurrent
      ? await measureConcurrent(join(folder, 'concurrent'), signal)
      : { concurrentExports: null, concurrentMemoryMB: null };
    return { runs, ...concurrent };
  } finally {
    const { transform, duckdb, copy } = processes;
    await Promise.all([transform.stop(), duckdb.stop(), copy.stop()]);
  }
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  const stopping = untilSignal();
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const results = await bench(options, folder, stopping.signal);
    console.log(options.json ? JSON.stringify(results) : tableOf(results));
    return 0;
  } catch (error) {
    console.error(stopping.signal.aborted ? 'Stopped.' : error);
    return stopping.exitCode() ?? 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void main().then((code) => process.exit(code));
