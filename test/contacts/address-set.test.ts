import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { makeAddressSet, type AddressSet } from '../../shared/contacts/address-set';
import { makeKeyedHash } from '../../shared/contacts/keyed-hash';

const memory = new ArrayBuffer(512);
const bytes = Buffer.from(memory);
const words = new Int32Array(memory);

const hashWith = (key: Buffer, message: Uint8Array): string => {
  bytes.fill(0xee);
  bytes.set(message);
  const out = new Int32Array(4);
  makeKeyedHash(key)(bytes, words, message.length, out);
  return Buffer.from(out.buffer).toString('hex');
};

const add = (set: AddressSet, address: string) => set.add(bytes, words, bytes.write(address));

describe('the keyed hash', () => {
  // The designers' test vectors of Chaskey-12: the messages are 0, 1, 2, … of the given length.
  const key = Buffer.alloc(16);
  [0x833d3433, 0x009f389f, 0x2398e64f, 0x417acf39].forEach((word, index) =>
    key.writeUInt32LE(word, index * 4),
  );
  it.each([
    [0, [0x43cb1f41, 0x51eba0c2, 0xff0a8ac3, 0x7ee3f642]],
    [1, [0xf9ac2067, 0x9c35a846, 0x441aad3d, 0x777b7330]],
    [15, [0x03cfb44b, 0x283c8163, 0xfca71448, 0xc40a0aea]],
    [16, [0x5dd0e2a9, 0xfb5eac8c, 0x633a392e, 0x500c36f3]],
    [17, [0x8b5f6d5a, 0x202314f6, 0x22092368, 0x9639e606]],
    [32, [0x77962784, 0x07c647fa, 0xdd752c0f, 0xd2f5a799]],
    [63, [0x2dd072e1, 0x42b89efe, 0xfb26b615, 0x049aa451]],
  ])('gives the published result for a message of %i bytes', (length, expected) => {
    const words = Buffer.alloc(16);
    expected.forEach((word, index) => words.writeUInt32LE(word, index * 4));
    expect(
      hashWith(
        key,
        Uint8Array.from({ length }, (_, index) => index),
      ),
    ).toBe(words.toString('hex'));
  });

  it('depends on the key alone for where an address falls', () => {
    const address = Buffer.from('joe@example.com');
    expect(hashWith(randomBytes(16), address)).not.toBe(hashWith(randomBytes(16), address));
  });

  it('does not see what stands behind the message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.uint8Array({ maxLength: 40 }), (message, behind) => {
        const expected = hashWith(key, message);
        bytes.set(message);
        bytes.set(behind, message.length);
        const out = new Int32Array(4);
        makeKeyedHash(key)(bytes, words, message.length, out);
        expect(Buffer.from(out.buffer).toString('hex')).toBe(expected);
      }),
    );
  });
});

describe('the set of addresses', () => {
  it('says of each address whether it is new, as a plain set does', () => {
    const address = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(address, { maxLength: 300 }), (addresses) => {
        const set = makeAddressSet();
        const plain = new Set<string>();
        for (const one of addresses) {
          expect(add(set, one)).toBe(!plain.has(one));
          plain.add(one);
        }
        expect(set.size).toBe(plain.size);
      }),
    );
  });

  it('forgets nobody while it grows', () => {
    const set = makeAddressSet();
    const isNew = (index: number) => add(set, `person.${index}@example.com`);
    const people = Array.from({ length: 100_000 }, (_, index) => index);
    expect(people.filter(isNew)).toHaveLength(100_000);
    expect(people.filter(isNew)).toHaveLength(0);
    expect(set.size).toBe(100_000);
  });

  it('works the same when it is made for many', () => {
    const set = makeAddressSet(50_000);
    expect(add(set, 'joe@example.com')).toBe(true);
    expect(add(set, 'joe@example.com')).toBe(false);
    expect(add(set, 'joe@example.org')).toBe(true);
  });
});
