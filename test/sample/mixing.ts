// Numbers that look random and depend on nothing but what goes in, so that any row can be made without the rows before it.

/** A whole number in [0, 2^32): the same for the same arguments, unlike for any others. */
export function mix(seed: number, index: number, salt: number): number {
  let h =
    (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index, 0xc2b2ae35) + Math.imul(salt, 0x27d4eb2f)) |
    0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

export const pick = <T>(from: readonly T[], number: number): T => from[number % from.length]!;
