// The id of a list, out of whatever people paste: the id itself, or the address of the list's page at Constant Contact.
import { z } from 'zod';

const uuid = /(?<![0-9a-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])/gi;

/** Longer than any address that a browser shows. Characters. */
const longestAddress = 2_000;

/** @returns the id in lower case; `undefined` when there is none in it, or more than one. */
export function listIdFrom(pasted: string): string | undefined {
  const found = new Set(
    decoded(pasted)
      .match(uuid)
      ?.map((id) => id.toLowerCase()),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

/** An address inside an address is percent-encoded, once or twice. */
function decoded(pasted: string): string {
  let text = pasted;
  for (let times = 0; times < 2; times++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text;
}

export const pastedListIdSchema = z
  .string()
  .max(longestAddress)
  .overwrite((pasted) => listIdFrom(pasted) ?? pasted)
  .refine((id) => listIdFrom(id) === id, 'holds no id of a list, or more than one');
