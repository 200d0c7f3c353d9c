// Which addresses came already: a hash set in typed arrays, of keyed hashes alone. No address is kept.
import { randomBytes } from 'node:crypto';
import { release } from '../platform/release';
import { keyBytes, makeKeyedHash } from './keyed-hash';

const wordsPerHash = 4;
const fewestSlots = 1 << 10;
/** How full the table gets before it grows. */
const maxLoad = 0.75;
/** How full it is when all came that were expected: looking is quicker, and a few more make it no larger. */
const expectedLoad = 0.65;
/** Makes 32 bits of a hash a number from 0 to 1. */
const fraction = 2 ** -32;
/** Of a slot: the lower ones say which hash it is, the upper ones are 8 bits of that hash. */
const placeBits = 24;
const placeMask = (1 << placeBits) - 1;

export interface AddressSet {
  /**
   * Adds the address in the first `length` bytes of `bytes`; `words` is the same memory as 32-bit words, and up to 16 bytes
   * after the address are overwritten.
   * @returns whether it was new.
   */
  add(bytes: Uint8Array, words: Int32Array, length: number): boolean;
  readonly size: number;
  /** Gives the memory back. Nothing may be added from then on. */
  end(): void;
}

/**
 * It holds up to 16,777,215 addresses. All 128 bits of each hash are kept, so among 1,000,000 addresses two different ones are taken for
 * one with a probability of 1.5e-27. The key is drawn here and never leaves: nobody can build a file whose addresses collide or pile up.
 * @param expected how many addresses may come; a right guess saves growing.
 */
export function makeAddressSet(expected = 0, key: Buffer = randomBytes(keyBytes)): AddressSet {
  const hash = makeKeyedHash(key);
  const hashed = new Int32Array(wordsPerHash);
  let slots = Math.max(fewestSlots, Math.ceil(expected / expectedLoad));
  // Small, as a look falls anywhere in it: 8 bits of the hash settle nearly all looks here, and it is mostly in the cache. 0 is free.
  let table = new Int32Array(slots);
  // One after another as they came: memory is touched only as it fills.
  let hashes = new Int32Array(Math.ceil(slots * maxLoad) * wordsPerHash);
  let size = 0;

  const slotOf = (a: number) => ((a >>> 0) * fraction * slots) >>> 0;

  const grow = () => {
    if (size >= placeMask) throw new RangeError(`more than ${placeMask} addresses`);
    const [oldTable, oldHashes] = [table, hashes];
    slots *= 2;
    table = new Int32Array(slots);
    hashes = new Int32Array(Math.ceil(slots * maxLoad) * wordsPerHash);
    hashes.set(oldHashes);
    release(oldTable);
    release(oldHashes);
    for (let place = 0; place < size; place++) {
      const at = place * wordsPerHash;
      let slot = slotOf(hashes[at] as number);
      while (table[slot] !== 0) if (++slot === slots) slot = 0;
      table[slot] = ((hashes[at + 1] as number) & ~placeMask) | (place + 1);
    }
  };

  return {
    add(bytes, words, length) {
      hash(bytes, words, length, hashed);
      const a = hashed[0] as number;
      const b = hashed[1] as number;
      const c = hashed[2] as number;
      const d = hashed[3] as number;
      const tag = b & ~placeMask;
      let slot = slotOf(a);
      for (;;) {
        const found = table[slot] as number;
        if (found === 0) break;
        if ((found & ~placeMask) === tag) {
          const at = ((found & placeMask) - 1) * wordsPerHash;
          if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c && hashes[at + 3] === d)
            return false;
        }
        if (++slot === slots) slot = 0;
      }
      const at = size * wordsPerHash;
      hashes[at] = a;
      hashes[at + 1] = b;
      hashes[at + 2] = c;
      hashes[at + 3] = d;
      size++;
      table[slot] = tag | size;
      if (size >= slots * maxLoad || size >= placeMask) grow();
      return true;
    },
    get size() {
      return size;
    },
    end() {
      release(table);
      release(hashes);
    },
  };
}
