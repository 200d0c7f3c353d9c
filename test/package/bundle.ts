// Makes one file of the compiled app and the packages that it uses: a start opens one file in the place of a thousand.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noticesOf, packagesOf, type Lock } from './bundled-packages';
import { runNode } from './run-node';

/**
 * @param root the project, built
 * @param main package.json's
 * @param folder gets the file in the same place, and the licences of what is in it
 * @throws CommandFailed, DevelopmentPackage
 */
export async function bundle(root: string, main: string, folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    const metafile = join(scratch, 'meta.json');
    const options = [
      main,
      '--bundle',
      '--platform=node',
      '--format=cjs',
      '--target=node24',
      // The Functions host brings it, to the process that runs the app.
      '--external:@azure/functions-core',
      // A library colours its lines with it where it is there; nobody sees colours in Azure.
      '--external:supports-color',
      // Names of classes are told in logs, and functions are found by theirs.
      '--keep-names',
      '--log-level=warning',
      `--metafile=${metafile}`,
      `--outfile=${join(folder, main)}`,
    ];
    await runNode(require.resolve('esbuild/bin/esbuild'), options, root);
    const { inputs } = JSON.parse(await readFile(metafile, 'utf8')) as { inputs: Record<string, unknown> };
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
    const packages = packagesOf(Object.keys(inputs), lock);
    await writeFile(join(folder, 'THIRD-PARTY-NOTICES.txt'), noticesOf(root, packages, lock));
  } finally {
    await rm(scratch, { recursive: true });
  }
}
