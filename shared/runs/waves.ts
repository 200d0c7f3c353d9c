// The batches of a run, wave by wave: they are numbered from 1 through all of them. Pure.

export interface Wave {
  /** How many batches come before it. */
  readonly before: number;
  readonly size: number;
}

export function wavesOf(sizes: readonly number[]): Wave[] {
  let before = 0;
  return sizes.map((size) => {
    const wave = { before, size };
    before += size;
    return wave;
  });
}

/** Their numbers. */
export const batchesOf = ({ before, size }: Wave): number[] =>
  Array.from({ length: size }, (_, nth) => before + nth + 1);
