// `npm run package`: makes what is deployed, a folder and the same as a zip file, and says how large it is. It fails when the package is
// too large, or does not start where there is nothing but the package. With `--demo` the demo runs from it, too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';
import { startSettings } from './settings';
import { stage } from './stage';
import { firstAnswer } from './start-worker';
import { zipFolder } from './zip';

/** What comes over the network when an instance starts. */
const mostMegabytes = 15;
const megabytes = (bytes: number) => bytes / 1_000_000;

/** The package cannot be deployed, and the message says why. */
class PackageFaulty extends Error {
  readonly code = 'package-faulty';
}

async function checkStart(folder: string): Promise<void> {
  const { functions, status, body, milliseconds } = await firstAnswer(
    folder,
    startSettings(),
    '/api/health/live',
  );
  const whole = await firstAnswer(projectRoot(), startSettings(), '/api/health/live');
  const names = (all: typeof functions) => all.map(({ name }) => name).sort();
  if (names(functions).join() !== names(whole.functions).join())
    throw new PackageFaulty(
      `it registers ${names(functions).join(', ')}, the project ${names(whole.functions).join(', ')}`,
    );
  if (status !== 200) throw new PackageFaulty(`GET /api/health/live answers ${status} ${body}`);
  console.log(
    `starts         ${functions.length} functions, first answer after ${Math.round(milliseconds)} ms`,
  );
}

async function checkDemo(folder: string): Promise<void> {
  const child = spawn(process.execPath, [join(projectRoot(), 'dist/test/demo/demo.js'), folder], {
    stdio: 'inherit',
  });
  await once(child, 'exit');
  if (child.exitCode !== 0) throw new PackageFaulty('the demo fails when it runs from the package');
}

async function main(): Promise<number> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'package-')));
  const output = join(projectRoot(), 'dist/package');
  try {
    // That of temporary folders is for their owner alone.
    await chmod(folder, 0o755);
    await stage(projectRoot(), folder);
    await rm(output, { recursive: true, force: true });
    await mkdir(output, { recursive: true });
    const { files, unpackedBytes, zippedBytes } = await zipFolder(folder, join(output, 'app.zip'));
    console.log(`dist/package   app/ and app.zip, ${files} files`);
    console.log(`unpacked       ${megabytes(unpackedBytes).toFixed(1)} MB`);
    console.log(`zipped         ${megabytes(zippedBytes).toFixed(1)} MB (at most ${mostMegabytes})`);
    if (megabytes(zippedBytes) > mostMegabytes) throw new PackageFaulty('it is too large');
    await checkStart(folder);
    if (process.argv.includes('--demo')) await checkDemo(folder);
    await cp(folder, join(output, 'app'), { recursive: true });
    return 0;
  } catch (error) {
    if (!(error instanceof PackageFaulty)) throw error;
    console.error(`The package cannot be deployed: ${error.message}.`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
