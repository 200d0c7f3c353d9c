// Two local stacks never share a data folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderInUse, markRunning } from './running-mark';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mark-'));
  file = join(folder, 'running.pid');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the mark names this process, and is gone when it is taken away', () => {
  const unmark = markRunning(file);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  unmark();
  expect(existsSync(file)).toBe(false);
});

test('a folder that a living process uses is refused, with what to do', () => {
  writeFileSync(file, String(process.ppid));
  expect(() => markRunning(file)).toThrow(FolderInUse);
  expect(() => markRunning(file)).toThrow(file);
});

test('a mark that a killed process left is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  writeFileSync(file, String(child.pid));
  const unmark = markRunning(file);
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  unmark();
});
