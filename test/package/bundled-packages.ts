// Which packages a bundle holds, whether they may be in it, and their licences, which ask to go along with what is given away.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that is there for development alone would be deployed. */
export class DevelopmentPackage extends Error {
  readonly code = 'development-package';
  constructor(readonly path: string) {
    super(
      `${path} is in the bundle, but is a development dependency: move it to "dependencies", or do not import it`,
    );
  }
}

/** The part of package-lock.json that is read here: packages by their folder. */
export interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>;
}

/**
 * @param inputs every file of the bundle, with `/`
 * @returns folders of packages, from the root of the project
 * @throws {DevelopmentPackage}
 */
export function packagesOf(inputs: readonly string[], lock: Lock): string[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder === undefined) continue;
    if (lock.packages[folder]?.dev === true) throw new DevelopmentPackage(folder);
    folders.add(folder);
  }
  return [...folders].sort();
}

const legal = /^(licen[cs]e|copying|copyright|notice|third-?party)/i;

/** The licences of packages, one after another. */
export function noticesOf(root: string, folders: readonly string[], lock: Lock): string {
  const texts = folders.map((folder) => {
    const files = readdirSync(join(root, folder)).filter((name) => legal.test(name));
    const name = `${folder.replace(/^.*node_modules\//, '')} ${lock.packages[folder]?.version ?? ''}`.trim();
    const texts = files.sort().map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return [name, '='.repeat(name.length), '', ...texts, ''].join('\n');
  });
  return texts.join('\n');
}
