// What `npm run bench` can be told.
import { parseArgs } from 'node:util';

export interface Options {
  readonly json: boolean;
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Whether many exports at the same moment are measured, too. */
  readonly concurrent: boolean;
}

export const usage = `npm run bench -- [--json] [--sizes 10000,100000,1000000] [--runs 3] [--skip-concurrent]`;

/** @throws for what is not understood. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      sizes: { type: 'string', default: '10000,100000,1000000' },
      runs: { type: 'string', default: '3' },
      'skip-concurrent': { type: 'boolean', default: false },
    },
  });
  const whole = (text: string, least: number, most: number) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least || number > most)
      throw new Error(`"${text}" is not a whole number from ${least} to ${most}`);
    return number;
  };
  return {
    json: values.json,
    sizes: values.sizes.split(',').map((size) => whole(size, 1_000, 1_000_000)),
    runs: whole(values.runs, 1, 100),
    concurrent: !values['skip-concurrent'],
  };
}
