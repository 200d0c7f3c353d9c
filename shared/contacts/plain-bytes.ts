// The fast path: addresses and values whose bytes can be taken as they are, without making strings. It never decides against
// anything: what it does not take, the exact rules in address.ts and values.ts judge. Both give the same bytes.
import { maxAddressLength } from './address';
import { isDate, isoDateLength } from './dates';

const quoteByte = 0x22;
const commaByte = 0x2c;
const dotByte = 0x2e;
const atByte = 0x40;

/** By byte: its lower case, or 0 where an address needs the exact rule. */
const addressBytes = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++) {
  const text = String.fromCharCode(byte);
  if (!'",()[]<>{}'.includes(text)) addressBytes[byte] = text.toLowerCase().charCodeAt(0);
}

/** A printable ASCII character, or part of a letter that is NFC already, whatever stands beside it. */
const plain = 0;
/** The cell needs quotes. */
const needsQuotes = 1;
const needsExactRule = 2;

/** By byte of valid UTF-8. */
const valueBytes = new Uint8Array(256).fill(needsExactRule);
valueBytes.fill(plain, 0x20, 0x7f);
valueBytes[quoteByte] = needsQuotes;
valueBytes[commaByte] = needsQuotes;
// Continuation bytes say nothing; the byte before them does. These letters neither change under NFC nor join with each other,
// and the marks that they could join with start with other bytes:
valueBytes.fill(plain, 0x80, 0xc0);
valueBytes.fill(plain, 0xc3, 0xc6); // U+00C0..U+017F, Western and Central European letters
valueBytes.fill(plain, 0xd0, 0xd2); // U+0400..U+047F, Cyrillic letters
valueBytes.fill(plain, 0xe4, 0xea); // U+4000..U+9FFF, most Chinese characters

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/**
 * Writes the normalised address to the start of `out`.
 * @returns its length in bytes, or -1 when the exact rule has to judge.
 */
export function copyPlainAddress(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  while (from < to && isSpace(bytes[from] as number)) from++;
  while (to > from && isSpace(bytes[to - 1] as number)) to--;
  const length = to - from;
  if (length > maxAddressLength) return -1;
  let at = -1;
  let dots = 0;
  /** Where the last @ or dot of the domain stood. */
  let label = -1;
  for (let index = 0; index < length; index++) {
    const byte = addressBytes[bytes[from + index] as number] as number;
    if (byte === 0) return -1;
    if (byte === atByte) {
      if (at >= 0) return -1;
      at = label = index;
    } else if (byte === dotByte && at >= 0) {
      if (label === index - 1) return -1;
      label = index;
      dots++;
    }
    out[index] = byte;
  }
  return at > 0 && dots > 0 && label < length - 1 ? length : -1;
}

/**
 * Writes the value as a CSV cell to `out` from `at` on.
 * @param maxLength of the field, in code points.
 * @returns where the cell ends (`at` when the value is blank), or -1 when the exact rule is needed.
 */
export function copyPlainValue(
  bytes: Uint8Array,
  from: number,
  to: number,
  maxLength: number,
  out: Uint8Array,
  at: number,
): number {
  while (from < to && bytes[from] === 0x20) from++;
  while (to > from && bytes[to - 1] === 0x20) to--;
  // Not more bytes than code points allowed: then there are not more code points either.
  if (to - from > maxLength) return -1;
  let seen = plain;
  let end = at;
  for (let index = from; index < to; index++) {
    const byte = bytes[index] as number;
    seen |= valueBytes[byte] as number;
    out[end++] = byte;
  }
  if (seen === plain) return end;
  return seen === needsQuotes ? copyQuoted(bytes, from, to, out, at) : -1;
}

const zeroByte = 0x30;

const digitOf = (byte: number | undefined): number => {
  const digit = (byte as number) - zeroByte;
  return digit >= 0 && digit <= 9 ? digit : -1;
};

/** @returns the number that one or two digits are, or -1 when the exact rule is needed. */
export function readPlainNumber(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length !== 1 && length !== 2) return -1;
  const first = digitOf(bytes[from]);
  const last = digitOf(bytes[to - 1]);
  if (first < 0 || last < 0) return -1;
  return length === 1 ? last : first * 10 + last;
}

/** The timestamps of Customer Insights; dates are their first part. */
const timestampForm = Buffer.from('0000-00-00T00:00:00.000Z');

/** @returns the date of a date or timestamp as year, month and day in one number, such as 19710929, or -1 when the exact rule is needed. */
export function readPlainDate(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length !== isoDateLength && length !== timestampForm.length) return -1;
  let date = 0;
  for (let index = 0; index < length; index++) {
    const byte = bytes[from + index] as number;
    const form = timestampForm[index] as number;
    if (form !== zeroByte) {
      if (byte !== form) return -1;
      continue;
    }
    const digit = digitOf(byte);
    if (digit < 0) return -1;
    if (index < isoDateLength) date = date * 10 + digit;
  }
  return isDate(Math.trunc(date / 10_000), Math.trunc(date / 100) % 100, date % 100) ? date : -1;
}

/** Writes the bytes between quotes, each quote of their own doubled. @returns where the cell ends. */
function copyQuoted(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let end = at;
  out[end++] = quoteByte;
  for (let index = from; index < to; index++) {
    const byte = bytes[index] as number;
    if (byte === quoteByte) out[end++] = quoteByte;
    out[end++] = byte;
  }
  out[end++] = quoteByte;
  return end;
}
