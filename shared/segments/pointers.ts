// Commit pointers and ETags: what says that a segment's data is another one.
import { createHash } from 'node:crypto';

/** Listings give some ETags without the quotes that `If-Match` needs and that the same blob's headers have. */
export const quotedEtag = (etag: string): string => (/^(W\/)?"/.test(etag) ? etag : `"${etag}"`);

/** Short, and safe in a row key, a file name and a URL: 32 hex digits. */
export function pointerOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
