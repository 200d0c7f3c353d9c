// Which addresses came already: a hash set in one typed array, of keyed hashes alone. No address is kept.
import { randomBytes } from 'node:crypto';
import { keyBytes, makeKeyedHash } from './keyed-hash';

const otherWordsPerSlot = 3;
const smallestSlots = 1 << 10;
/** How full the table gets before it doubles. */
const maxLoad = 0.75;

export interface AddressSet {
  /**
   * Adds the address in the first `length` bytes of `bytes`; `words` is the same memory as 32-bit words, and up to 16 bytes
   * after the address are overwritten.
   * @returns whether it was new.
   */
  add(bytes: Uint8Array, words: Int32Array, length: number): boolean;
  readonly size: number;
}

/**
 * 127 bits of each hash are kept, so among 1,000,000 addresses two different ones are taken for one with a probability of
 * 3e-27. The key is drawn here and never leaves: nobody can build a file whose addresses collide or pile up.
 * @param expected how many addresses may come; a right guess saves growing.
 */
export function makeAddressSet(expected = 0, key: Buffer = randomBytes(keyBytes)): AddressSet {
  const hash = makeKeyedHash(key);
  const hashed = new Int32Array(4);
  let slots = smallestSlots;
  while (slots * maxLoad < expected) slots *= 2;
  // Apart, as most looks end at the first word: they go to a quarter of the memory then, which is mostly in the cache.
  let firstWords = new Int32Array(slots);
  let otherWords = new Int32Array(slots * otherWordsPerSlot);
  let size = 0;

  /** Where the hash is, or the free slot where it belongs. A slot is free when its first word is 0. */
  const find = (first: number, a: number, b: number, c: number): number => {
    let slot = a & (slots - 1);
    for (;;) {
      const found = firstWords[slot];
      if (found === 0) return slot;
      if (found === first) {
        const at = slot * otherWordsPerSlot;
        if (otherWords[at] === a && otherWords[at + 1] === b && otherWords[at + 2] === c) return slot;
      }
      slot = (slot + 1) & (slots - 1);
    }
  };

  const put = (slot: number, first: number, a: number, b: number, c: number) => {
    firstWords[slot] = first;
    const at = slot * otherWordsPerSlot;
    otherWords[at] = a;
    otherWords[at + 1] = b;
    otherWords[at + 2] = c;
  };

  const grow = () => {
    const oldFirst = firstWords;
    const oldOther = otherWords;
    slots *= 2;
    firstWords = new Int32Array(slots);
    otherWords = new Int32Array(slots * otherWordsPerSlot);
    for (let slot = 0; slot < oldFirst.length; slot++) {
      const first = oldFirst[slot] as number;
      if (first === 0) continue;
      const at = slot * otherWordsPerSlot;
      const a = oldOther[at] as number;
      const b = oldOther[at + 1] as number;
      const c = oldOther[at + 2] as number;
      put(find(first, a, b, c), first, a, b, c);
    }
  };

  return {
    add(bytes, words, length) {
      hash(bytes, words, length, hashed);
      // One bit is given up, so that no hash looks like a free slot.
      const first = (hashed[0] as number) | 1;
      const a = hashed[1] as number;
      const b = hashed[2] as number;
      const c = hashed[3] as number;
      const slot = find(first, a, b, c);
      if (firstWords[slot] !== 0) return false;
      put(slot, first, a, b, c);
      size++;
      if (size > slots * maxLoad) grow();
      return true;
    },
    get size() {
      return size;
    },
  };
}
