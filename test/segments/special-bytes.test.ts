// The search for special bytes, against looking at one byte after another.
import fc from 'fast-check';
import { makeSpecialBytes } from '../../shared/segments/special-bytes';

const values = [0x2c, 0x0a, 0x22, 0x5c] as const;

/** Every position from `from` up to before `to`, window by window. */
function found(special: ReturnType<typeof makeSpecialBytes>, from: number, to: number): number[] {
  const all: number[] = [];
  for (let at = from; at < to; at = special.reach(at)) {
    const count = special.find(at, to);
    all.push(...special.positions.subarray(0, count));
  }
  // What lies behind may be found as well.
  return all.filter((position) => position < to);
}

const plainly = (bytes: Uint8Array, from: number, to: number) =>
  [...bytes.subarray(from, to).keys()]
    .map((index) => index + from)
    .filter((at) => values.includes(bytes[at] as 0x2c));

test('all of them are found, each once and in order, wherever the search starts and ends', () => {
  const byte = fc.oneof(fc.constantFrom(...values), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 200 }), fc.nat(200), fc.nat(200), (content, one, other) => {
      const special = makeSpecialBytes(content.length, values);
      special.bytes.set(content);
      const [from, to] = [one, other].map((each) => Math.min(each, content.length)).sort((a, b) => a - b) as [
        number,
        number,
      ];
      expect(found(special, from, to)).toEqual(plainly(special.bytes, from, to));
    }),
  );
});

test('many windows full of them are found as a few are', () => {
  const special = makeSpecialBytes(200_000, values);
  special.bytes.fill(0x2c);
  expect(found(special, 3, 200_000)).toEqual(Array.from({ length: 199_997 }, (_, index) => index + 3));
  special.bytes.fill(0x61);
  special.bytes[32_767] = special.bytes[32_768] = special.bytes[199_999] = 0x0a;
  expect(found(special, 0, 200_000)).toEqual([32_767, 32_768, 199_999]);
});

test('two of them do not share memory', () => {
  const [one, other] = [makeSpecialBytes(1_000, values), makeSpecialBytes(1_000, values)];
  one.bytes.fill(0x2c);
  expect(found(other, 0, 1_000)).toEqual([]);
});
