// The arguments of the worker's process: one text for the sample settings, the local stack, and what Azure is checked against.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root';

/** The app setting by which the Functions host is told. */
export const workerArgumentsSetting = 'languageWorkers__node__arguments';

export function workerArguments(): string {
  const file = readFileSync(join(projectRoot(), 'local.settings.sample.json'), 'utf8');
  const { Values } = JSON.parse(file) as { Values: Readonly<Record<string, string>> };
  const value = Values[workerArgumentsSetting];
  if (value === undefined) throw new Error(`local.settings.sample.json lacks ${workerArgumentsSetting}`);
  return value;
}
