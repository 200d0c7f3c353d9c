// What goes into the package, and what must not.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DevelopmentPackage, noticesOf, packagesOf } from './bundled-packages';
import { zipFolder } from './zip';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (files: Readonly<Record<string, string>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};

const lock = {
  packages: {
    'node_modules/one': { version: '1.0.0' },
    'node_modules/@scope/two': { version: '2.0.0' },
    'node_modules/one/node_modules/three': { version: '3.0.0' },
    'node_modules/for-tests': { version: '4.0.0', dev: true },
  },
};

test('packages are told from the files of the bundle, also those in scopes and in packages', () => {
  const inputs = [
    'dist/functions/index.js',
    'node_modules/one/index.js',
    'node_modules/one/lib/more.js',
    'node_modules/@scope/two/index.js',
    'node_modules/one/node_modules/three/index.js',
  ];
  expect(packagesOf(inputs, lock)).toEqual([
    'node_modules/@scope/two',
    'node_modules/one',
    'node_modules/one/node_modules/three',
  ]);
});

test('a package for development alone is not deployed', () => {
  expect(() => packagesOf(['node_modules/for-tests/index.js'], lock)).toThrow(DevelopmentPackage);
});

test('licences and notices of the packages go along, and nothing else of their texts', () => {
  write({
    'node_modules/one/LICENSE.md': 'You may use one.\n',
    'node_modules/one/NOTICE.txt': 'Somebody wrote it.\n',
    'node_modules/one/README.md': 'About one.\n',
    'node_modules/@scope/two/license': 'You may use two.\n',
  });
  expect(noticesOf(folder, ['node_modules/@scope/two', 'node_modules/one'], lock)).toBe(
    [
      '@scope/two 2.0.0\n================\n\nYou may use two.\n',
      'one 1.0.0\n=========\n\nYou may use one.\nSomebody wrote it.\n',
    ].join('\n'),
  );
});

test('a zip file tells names as they are inside of the folder, and is the same each time', async () => {
  write({ 'in/host.json': '{}', 'in/dist/functions/index.js': 'x'.repeat(1000) });
  const [first, second] = [join(folder, '1.zip'), join(folder, '2.zip')];
  const { files, unpackedBytes, zippedBytes } = await zipFolder(join(folder, 'in'), first);
  await zipFolder(join(folder, 'in'), second);
  const bytes = readFileSync(first);
  expect({ files, unpackedBytes, zippedBytes }).toEqual({
    files: 2,
    unpackedBytes: 1002,
    zippedBytes: bytes.length,
  });
  expect(readFileSync(second).equals(bytes)).toBe(true);
  // Each name stands before its content, and in the list at the end.
  for (const name of ['host.json', 'dist/functions/index.js'])
    expect(bytes.toString('latin1').split(name)).toHaveLength(3);
});
