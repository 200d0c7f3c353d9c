// The rule for every value but the address, exactly. The fast path is in plain-bytes.ts.
import { firstCodePoints, trimEnds } from './text';

export interface CleanValue {
  /** Blank means that the field is not filled. */
  readonly value: string;
  readonly cut: boolean;
}

/**
 * Unicode NFC; each run of control characters and line breaks becomes one space; ends trimmed; cut at `maxLength` code points.
 * A cut can leave a space at the end: the value is what stood in the first `maxLength` places.
 */
export function cleanValue(raw: string, maxLength: number): CleanValue {
  const whole = trimEnds(raw.normalize('NFC').replace(/[\p{Cc}\u2028\u2029]+/gu, ' '));
  const value = firstCodePoints(whole, maxLength);
  return { value, cut: value.length < whole.length };
}
