// Chaskey-12 (Mouha et al. 2014; ISO/IEC 29192-6): a MAC of 128 bits, made for 32-bit arithmetic, so it runs at full speed in
// JavaScript. Who does not know the key cannot find two messages with one hash, nor steer where a hash falls.

export const keyBytes = 16;
const blockBytes = 16;
const rounds = 12;

/**
 * Hashes the first `length` bytes of `bytes` into `out` (four words). `words` is the same memory as 32-bit words; the bytes
 * after `length`, up to the next full block, are overwritten with padding.
 */
export type KeyedHash = (bytes: Uint8Array, words: Int32Array, length: number, out: Int32Array) => void;

type Four = readonly [number, number, number, number];

/** The key times x in GF(2^128), as the subkeys need it. */
const doubled = ([a, b, c, d]: Four): Four => [
  (a << 1) ^ (d < 0 ? 0x87 : 0),
  (b << 1) | (a >>> 31),
  (c << 1) | (b >>> 31),
  (d << 1) | (c >>> 31),
];

/** @param key of 16 bytes, from a source of random bytes; it must not be used for anything else. */
export function makeKeyedHash(key: Buffer): KeyedHash {
  const whole: Four = [key.readInt32LE(0), key.readInt32LE(4), key.readInt32LE(8), key.readInt32LE(12)];
  const forFullBlock = doubled(whole);
  const forPadded = doubled(forFullBlock);
  const [key0, key1, key2, key3] = whole;

  return (bytes, words, length, out) => {
    const isFull = length > 0 && length % blockBytes === 0;
    const subkey = isFull ? forFullBlock : forPadded;
    const last0 = subkey[0];
    const last1 = subkey[1];
    const last2 = subkey[2];
    const last3 = subkey[3];
    let lastBlock = length - blockBytes;
    if (!isFull) {
      lastBlock = length - (length % blockBytes);
      bytes[length] = 1;
      for (let index = length + 1; index < lastBlock + blockBytes; index++) bytes[index] = 0;
    }

    let v0 = key0;
    let v1 = key1;
    let v2 = key2;
    let v3 = key3;
    for (let at = 0; at <= lastBlock; at += blockBytes) {
      const word = at >> 2;
      v0 ^= words[word] as number;
      v1 ^= words[word + 1] as number;
      v2 ^= words[word + 2] as number;
      v3 ^= words[word + 3] as number;
      if (at === lastBlock) {
        v0 ^= last0;
        v1 ^= last1;
        v2 ^= last2;
        v3 ^= last3;
      }
      for (let round = 0; round < rounds; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 13) | (v3 >>> 19)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 7) | (v1 >>> 25)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
    }
    out[0] = v0 ^ last0;
    out[1] = v1 ^ last1;
    out[2] = v2 ^ last2;
    out[3] = v3 ^ last3;
  };
}
