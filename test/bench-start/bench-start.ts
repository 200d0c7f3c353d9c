// `npm run bench:start`: from the start of the worker process to its first HTTP answer, the deployed package beside an empty Durable app
// with the same packages, as npm installs them. Both start alternately, each time anew, with nothing compiled before.
import { cp, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSettings } from '../package/settings';
import { firstAnswer } from '../package/start-worker';
import { projectRoot } from '../support/project-root';

const usage = 'npm run bench:start -- [--json] [--runs 15]';
const mostRatio = 1.5;

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
};

async function measure(appRoot: string): Promise<number> {
  const { status, milliseconds } = await firstAnswer(appRoot, startSettings(), '/api/health/live');
  if (status !== 200) throw new Error(`${appRoot} answered ${status}`);
  return milliseconds;
}

/** The app in a folder outside of the project, where `require` finds nothing but the package. */
async function layOut(folder: string): Promise<{ readonly app: string; readonly empty: string }> {
  const [app, empty] = [join(folder, 'app'), join(folder, 'empty')];
  await cp(join(projectRoot(), 'dist/package/app'), app, { recursive: true });
  await cp(join(projectRoot(), 'test/bench-start/empty-app'), empty, { recursive: true });
  await symlink(join(projectRoot(), 'node_modules'), join(empty, 'node_modules'), 'junction');
  return { app, empty };
}

async function bench(runs: number): Promise<{ app: number[]; empty: number[] }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'bench-start-')));
  try {
    const roots = await layOut(folder);
    const times: { app: number[]; empty: number[] } = { app: [], empty: [] };
    for (const name of ['app', 'empty'] as const) await measure(roots[name]);
    for (let run = 0; run < runs; run++)
      for (const name of run % 2 === 0 ? (['app', 'empty'] as const) : (['empty', 'app'] as const))
        times[name].push(await measure(roots[name]));
    return times;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  let json: boolean;
  let runs: number;
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '15' } },
    });
    [json, runs] = [values.json, Number(values.runs)];
    if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs is a whole number from 1 on');
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  const times = await bench(runs);
  const packageBytes = (await stat(join(projectRoot(), 'dist/package/app.zip'))).size;
  const [app, empty] = [median(times.app), median(times.empty)];
  const round = (value: number) => Math.round(value * 1000) / 1000;
  const results = {
    appSeconds: round(app / 1000),
    emptySeconds: round(empty / 1000),
    ratio: round(app / empty),
    packageMB: round(packageBytes / 1_000_000),
  };
  if (json) console.log(JSON.stringify(results));
  else console.log(tableOf(results, times));
  return results.ratio > mostRatio ? 1 : 0;
}

function tableOf(
  { ratio, packageMB }: { ratio: number; packageMB: number },
  times: Readonly<Record<'app' | 'empty', readonly number[]>>,
): string {
  const row = (name: string, values: readonly number[]) =>
    [
      name.padEnd(22),
      ...[median(values), Math.min(...values), Math.max(...values)].map((ms) =>
        `${ms.toFixed(0)} ms`.padStart(9),
      ),
    ].join('');
  return [
    `${'first HTTP answer'.padEnd(22)}   median     best    worst   (${times.app.length} starts each)`,
    row('this app', times.app),
    row('empty Durable app', times.empty),
    `ratio ${ratio.toFixed(2)} (at most ${mostRatio}), package ${packageMB.toFixed(1)} MB zipped`,
  ].join('\n');
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
