// Runs the Bicep compiler that is on the path. Its exit code is 0 with warnings, so whatever it says besides its result is a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Deployment, Parameter } from './deployment';

export class BicepMissing extends Error {
  readonly code = 'bicep-missing';
  constructor() {
    super(
      'There is no Bicep compiler on the path. Install it (https://aka.ms/bicep-install), or run this with .NET as ' +
        '".ci/with-bicep npm run check:infra", which takes it from NuGet.',
    );
  }
}

export class BicepComplained extends Error {
  readonly code = 'bicep-complained';
  constructor(
    readonly args: readonly string[],
    readonly said: string,
  ) {
    super(`bicep ${args.join(' ')} says:\n${said}`);
  }
}

/**
 * @returns what it wrote to standard output.
 * @throws {BicepMissing} when there is none.
 * @throws {BicepComplained} when it fails, or writes anything to standard error.
 */
export function bicep(...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('bicep', args, {
    encoding: 'utf8',
    env: process.env,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error && 'code' in error && error.code === 'ENOENT') throw new BicepMissing();
  if (error) throw error;
  if (status !== 0 || stderr.trim() !== '') throw new BicepComplained(args, `${stderr}${stdout}`.trim());
  return stdout;
}

/** @throws {BicepComplained} for every warning, too. */
export function compileAndLint(file: string): void {
  bicep('build', file, '--stdout');
  const said = bicep('lint', file);
  if (said.trim() !== '') throw new BicepComplained(['lint', file], said);
}

/** A value of a parameter, for a file of parameters. */
const written = (value: string | number) => (typeof value === 'number' ? String(value) : `'${value}'`);

/** What a template comes to with these parameters, in a subscription that is made up. */
export function predict(file: string, parameters: Readonly<Record<string, string | number>>): Deployment {
  const folder = mkdtempSync(join(tmpdir(), 'infra-'));
  try {
    const path = join(folder, 'main.bicepparam');
    const using = relative(folder, file).split('\\').join('/');
    const params = Object.entries(parameters).map(([name, value]) => `param ${name} = ${written(value)}`);
    writeFileSync(path, [`using '${using}'`, ...params, ''].join('\n'));
    const nobody = '00000000-0000-0000-0000-000000000000';
    const where = ['--subscription-id', nobody, '--tenant-id', nobody, '--location', 'westeurope'];
    bicep('snapshot', path, '--mode', 'overwrite', '--deployment-name', 'check', ...where);
    const snapshot = JSON.parse(readFileSync(join(folder, 'main.snapshot.json'), 'utf8')) as {
      predictedResources: Deployment['resources'];
      outputs?: Deployment['outputs'];
    };
    const template = JSON.parse(bicep('build', file, '--stdout')) as {
      parameters: Readonly<Record<string, Parameter>>;
    };
    return {
      resources: snapshot.predictedResources,
      outputs: snapshot.outputs ?? {},
      parameters: template.parameters,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
