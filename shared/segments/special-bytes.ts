// Finds the bytes of a file that mean something to CSV, 16 at a time: a loop in JavaScript looks at one byte after another, and guesses wrong
// where each field ends. WebAssembly has the instructions for it; this is one function of them, by hand.

/** What is used of it: Node has it, and its types come with those of browsers only. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, object>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** Bytes that are looked at in one call. Their positions stay in the processor's cache. */
const windowBytes = 32 * 1024;
/** The last look reads up to this far beyond its end. Bytes. */
const stride = 16;
const bytesPerPosition = 4;
const pageBytes = 64 * 1024;

const i32 = 0x7f;
const v128 = 0x7b;
/** Parameters and local variables, by number. */
const at = 0;
const end = 1;
const out = 2;
const special = [3, 4, 5, 6];
const mask = 7;
const chunk = 8;
const splat = [9, 10, 11, 12];

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const constant = (value: number) => [0x41, value];
const add = [0x6a];
const simd = (code: number) => [0xfd, code];
const nothing = 0x40;
const close = [0x0b];

const splats = special.flatMap((byte, index) => [...get(byte), ...simd(15), ...set(splat[index] as number)]); // i8x16.splat
const equals = splat.flatMap((each, index) => [
  ...get(chunk),
  ...get(each),
  ...simd(35), // i8x16.eq
  ...(index === 0 ? [] : simd(80)), // v128.or
]);
const code = [
  ...splats,
  ...[0x03, nothing], // loop: 16 bytes at a time
  ...[...get(at), ...simd(0), 0, 0, ...set(chunk)], // v128.load
  ...[...equals, ...simd(100), ...tee(mask)], // i8x16.bitmask: a bit for each special byte
  ...[0x04, nothing], // if there is any
  ...[0x03, nothing], // loop: one bit at a time
  ...[...get(out), ...get(at), ...get(mask), 0x68, ...add, 0x36, 2, 0], // i32.ctz; i32.store
  ...[...get(out), ...constant(bytesPerPosition), ...add, ...set(out)],
  ...[...get(mask), ...get(mask), ...constant(1), 0x6b, 0x71, ...tee(mask)], // mask & (mask - 1)
  ...[0x0d, 0], // br_if: the next bit
  ...close,
  ...close,
  ...[...get(at), ...constant(stride), ...add, ...tee(at), ...get(end), 0x48, 0x0d, 0], // i32.lt_s; br_if: the next 16
  ...close,
  ...get(out),
  ...close,
];
const locals = [2, ...[1, i32], ...[1 + splat.length, v128]];

const ofLength = (bytes: readonly number[]) => {
  const low = bytes.length & 0x7f;
  return bytes.length < 0x80 ? [low, ...bytes] : [low | 0x80, bytes.length >> 7, ...bytes];
};
const section = (id: number, bytes: readonly number[]) => [id, ...ofLength(bytes)];
const name = ofLength([0x6d]);

const binary = () =>
  Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // \0asm, version 1
    ...section(1, [1, 0x60, ...ofLength(new Array<number>(7).fill(i32)), ...ofLength([i32])]), // its type
    ...section(2, [1, ...name, ...name, 2, 0, 1]), // the memory is imported
    ...section(3, [1, 0]),
    ...section(7, [1, ...name, 0, 0]), // it is exported
    ...section(10, [1, ...ofLength([...locals, ...code])]),
  ]);

type Find = (at: number, end: number, out: number, a: number, b: number, c: number, d: number) => number;
let compiled: object | undefined;

export interface SpecialBytes {
  /** The memory to look at, of `size` bytes. */
  readonly bytes: Buffer;
  /** What the last call of `find` has found, ascending. */
  readonly positions: Int32Array;
  /**
   * Looks at a part of the bytes, from `from` on and up to `reach(from)`. What lies at `to` or behind it may be found as well.
   * @returns how many were found.
   */
  find(from: number, to: number): number;
  reach(from: number): number;
}

/** @param values of the bytes to find: four, which may repeat. */
export function makeSpecialBytes(
  size: number,
  values: readonly [number, number, number, number],
): SpecialBytes {
  compiled ??= new WebAssembly.Module(binary());
  const base = Math.ceil((size + stride) / stride) * stride;
  const positions = windowBytes + stride;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((base + positions * bytesPerPosition) / pageBytes),
  });
  const find = new WebAssembly.Instance(compiled, { m: { m: memory } }).exports.m as Find;
  const [a, b, c, d] = values;
  return {
    bytes: Buffer.from(memory.buffer, 0, size),
    positions: new Int32Array(memory.buffer, base, positions),
    find: (from, to) =>
      (find(from, Math.min(to, from + windowBytes), base, a, b, c, d) - base) / bytesPerPosition,
    reach: (from) => from + windowBytes,
  };
}
