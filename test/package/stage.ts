// Lays out in a folder what is deployed: host.json, package.json, and the app with the packages that it uses in one file.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly main: string;
}

/**
 * @param root the project, built
 * @param folder empty
 */
export async function stage(root: string, folder: string): Promise<void> {
  const { name, version, license, main } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  ) as PackageJson;
  for (const file of ['host.json', 'LICENSE']) await copyFile(join(root, file), join(folder, file));
  // Without dependencies: there is nothing to install.
  const own = { name, version, license, private: true, main };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  await bundle(root, main, folder);
}
