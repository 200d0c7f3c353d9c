// The rule for every value but the address, exactly. The fast path is in plain-bytes.ts.
import { firstCodePoints, trimEnds } from './text';

export interface CleanValue {
  /** Blank means that the field is not filled. */
  readonly value: string;
  readonly cut: boolean;
}

/** NFC joins at most this many code points into one, as no code point has a longer canonical decomposition. Source: Unicode. */
export const mostJoined = 4;
/** Code points that can end a value's first part: marks that may yet belong to the character before them. */
const marksAtTheEnd = 1_000;

/**
 * Each run of control characters and line breaks becomes one space; ends trimmed; Unicode NFC; cut at `maxLength` code points.
 * A cut can leave a space at the end: the value is what stood in the first `maxLength` places.
 *
 * NFC takes time by the square of a run of combining marks, so only the first part of a long value is brought to it. That part is
 * more than `maxLength` characters also when NFC joins all it can, so whether a value is cut is exact. The value is exact too, but
 * for one with a thousand marks and more in a row behind its first characters, which is no writing.
 */
export function cleanValue(raw: string, maxLength: number): CleanValue {
  // Before NFC, which neither makes nor joins any of these characters.
  const whole = trimEnds(raw.replace(/[\p{Cc}\u2028\u2029]+/gu, ' '));
  const firstPart = firstCodePoints(whole, mostJoined * maxLength + marksAtTheEnd).normalize('NFC');
  const value = firstCodePoints(firstPart, maxLength);
  return { value, cut: value.length < firstPart.length };
}
