// How the compiler is called: what it says besides its result is a failure, whatever its exit code is.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { bicep, BicepComplained, BicepMissing, compileAndLint } from './bicep';

const path = process.env['PATH'] ?? '';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bicep-'));
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a program that stands in for the compiler on the path. */
function compilerThat(script: string): void {
  const program = join(folder, 'bicep');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  process.env['PATH'] = `${folder}${delimiter}${path}`;
}

test('its standard output is the result', () => {
  compilerThat('echo "$1 $2"');
  expect(bicep('build', 'a.bicep')).toBe('build a.bicep\n');
});

test('a warning is a failure, though the exit code is 0', () => {
  compilerThat('echo "{}"; echo "a.bicep(1,1) : Warning no-unused-params" >&2');
  expect(() => bicep('build', 'a.bicep')).toThrow(BicepComplained);
  expect(() => bicep('build', 'a.bicep')).toThrow('no-unused-params');
});

test('an exit code other than 0 is a failure, though it says nothing', () => {
  compilerThat('exit 1');
  expect(() => bicep('build', 'a.bicep')).toThrow(BicepComplained);
});

test('what the linter says on standard output is a failure', () => {
  compilerThat('if [ "$1" = lint ]; then echo "a finding"; fi');
  expect(() => {
    compileAndLint('a.bicep');
  }).toThrow('a finding');
});

test('without a compiler, it is told how to get one', () => {
  process.env['PATH'] = folder;
  expect(() => bicep('--version')).toThrow(BicepMissing);
  expect(() => bicep('--version')).toThrow('.ci/with-bicep npm run check:infra');
});
