// `npm run demo`: a sample segment travels through the real app into an emulated Constant Contact list, which must then hold exactly the
// right people. Free ports, everything in memory, nothing left behind. Given a folder, it runs the app that lies there.
import { exportRun } from '../../functions/orchestrators/export-run';
import { makeSample } from '../sample/sample';
import { uploadSample } from '../sample/upload';
import { configure } from '../local/configure';
import { startStack, type Stack } from '../local/stack';
import { untilSignal } from '../support/until-signal';
import { makeAppApi, type Run } from './app-api';
import { checkCounts, checkList, checkRejects, checkReplay, type Check } from './checks';
import { makeProgressBar, type Shown } from './progress-bar';

const container = 'customer-insights';
const listName = 'Customers';

/** A run that takes longer than this has gone wrong. */
const runDeadlineMs = 180_000;

/** The end of what the app and its host wrote, for when something goes wrong. */
const loggedLines = 40;

const count = (number: number) => number.toLocaleString('en-US');
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

function printReport(run: Run): void {
  console.log(`\n${run.status}${run.reason ? `: ${run.reason.sentence}` : ''}`);
  for (const [name, number] of Object.entries(run.counts ?? {})) {
    console.log(`  ${name.padEnd(12)}${count(number).padStart(9)}`);
  }
  for (const [reason, number] of Object.entries(run.rejectedByReason ?? {})) {
    console.log(`    ${reason.padEnd(26)}${count(number).padStart(7)}`);
  }
  for (const warning of run.warnings) console.log(`  warning: ${warning}`);
}

function printChecks(checks: readonly Check[]): void {
  console.log('\nCompared with what the sample must come to:');
  for (const { what, passed, faults } of checks) {
    console.log(`  ${passed ? 'same     ' : 'DIFFERENT'}  ${what}`);
    for (const fault of faults) console.log(`               ${fault}`);
  }
}

async function demonstrate(
  stack: Stack,
  sample: ReturnType<typeof makeSample>,
  signal: AbortSignal,
): Promise<boolean> {
  const listId = stack.constantContact.state(0).lists.find(({ name }) => name === listName)?.id;
  if (listId === undefined) throw new Error('the emulated account has no list');

  const uploadStarted = performance.now();
  await uploadSample(sample, stack.azurite.connectionString, container);
  const profiles = sample.shards.reduce((sum, { rows }) => sum + rows, 0);
  console.log(
    `Uploaded ${count(profiles)} profiles of ${sample.segments.join(' and ')} in ${sample.shards.length} files (${seconds(uploadStarted)})`,
  );
  const configureStarted = performance.now();
  const { exportId } = await configure(
    stack,
    {
      name: 'Customers to Constant Contact',
      listId,
      segments: sample.segments,
      columns: sample.columns,
    },
    signal,
  );
  console.log(
    `Made a connection, agreed, signed in at Constant Contact, and made an export (${seconds(configureStarted)})`,
  );

  const runStarted = performance.now();
  const api = makeAppApi(stack.functionsUrl, signal);
  const runPath = await api.startRun(exportId);
  console.log(`Started ${runPath}\n`);
  const bar = makeProgressBar(process.stdout);
  let run: Run;
  let batches: Shown['batches'] = { total: 0, sent: 0, done: 0 };
  try {
    run = await api.untilOver(runPath, runDeadlineMs, ({ progress }) => {
      if (!progress) return;
      bar.show(progress);
      batches = progress.batches;
    });
    const { total } = batches;
    if (run.counts?.notSent === 0) batches = { total, sent: total, done: total };
    bar.show({ phase: 'over', batches });
  } finally {
    bar.end();
  }
  console.log(`The run took ${seconds(runStarted)}`);
  printReport(run);

  const expected = sample.expected();
  const checks = checkCounts(expected, run);
  if (run.counts) checks.push(checkRejects(expected, await api.rejects(runPath), sample.prefix));
  checks.push(...checkList(expected, sample.unsubscribed, stack.constantContact, listId));
  const { events } = await stack.host.history(run.id);
  checks.push(await checkReplay(events, exportRun));
  printChecks(checks);
  return checks.every(({ passed }) => passed);
}

async function main(): Promise<number> {
  const started = performance.now();
  const stopping = untilSignal();
  const { signal } = stopping;
  const logged: string[] = [];
  let stack: Stack | undefined;
  try {
    const sample = makeSample();
    const [, , appRoot] = process.argv;
    stack = await startStack({
      ...(appRoot === undefined ? {} : { appRoot }),
      container,
      prefix: sample.prefix,
      constantContactSeed: {
        lists: [{ name: listName }],
        contacts: sample.unsubscribed.map((address) => ({ address, status: 'unsubscribed' as const })),
      },
      // The timer leaves the export alone: the run is started by hand.
      settings: { SEGMENT_SETTLE_SECONDS: '86400' },
      onLog: (line) => {
        // Each look at the run is two of these.
        if (/ information \S+: execut(?:ing|ed)\b/.test(line)) return;
        logged.push(line);
        if (logged.length > loggedLines) logged.shift();
      },
      signal,
    });
    console.log(
      `Everything is up (${seconds(started)}): the app on ${stack.functionsUrl}, Constant Contact (emulated) on ${stack.constantContact.url}`,
    );
    const same = await Promise.race([
      demonstrate(stack, sample, signal),
      stack.broken.then((part) => Promise.reject(new Error(`${part} ended in the middle`))),
    ]);
    console.log(
      same
        ? `\nThe list holds exactly the right people. ${seconds(started)} in all.`
        : `\nThis is not what it should be. The end of the log:\n${logged.join('\n')}`,
    );
    return same ? 0 : 1;
  } catch (error) {
    const code = stopping.exitCode();
    if (code === undefined) {
      console.error(
        `\nThe demo failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      console.error(`The end of the log:\n${logged.join('\n')}`);
    } else {
      console.error('\nStopped.');
    }
    return code ?? 1;
  } finally {
    await stack?.stop();
  }
}

void main().then((code) => process.exit(code));
