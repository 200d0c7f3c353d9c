// A file to import, as the client takes it: of known size, and opened anew for each try.
import { Readable } from 'node:stream';
import type { Import } from '../../../shared/constant-contact/import-body';

/** @param at a time: bytes of each chunk. */
export function csvFile(content: Buffer | string, at = 65_536): Import['csv'] {
  const bytes = Buffer.from(content);
  function* chunks() {
    for (let from = 0; from < bytes.byteLength; from += at) yield bytes.subarray(from, from + at);
  }
  return { bytes: bytes.byteLength, open: () => Promise.resolve(Readable.from(chunks())) };
}
