// The bench's results as a table for people.
import type { Measured } from './measurements';

export interface Results {
  readonly runs: readonly Measured[];
  /** How many exports ran at the same moment; null when that was left out, as is the next. */
  readonly concurrentExports: number | null;
  readonly concurrentMemoryMB: number | null;
}

const shown = (value: number | null) => (value === null ? 'not measured' : value.toLocaleString('en-US'));

export function tableOf({ runs, concurrentExports, concurrentMemoryMB }: Results): string {
  const [first] = runs;
  if (!first) return '';
  const names = Object.keys(first) as (keyof Measured)[];
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = names.map(
    (name) => name.padEnd(width) + runs.map((run) => shown(run[name]).padStart(14)).join(''),
  );
  if (concurrentExports !== null) {
    lines.push(
      '',
      `${concurrentExports} exports of 100,000 profiles at the same moment: ${shown(concurrentMemoryMB)} MB at most`,
    );
  }
  return lines.join('\n');
}
