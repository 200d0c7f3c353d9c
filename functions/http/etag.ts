// Versions of what can be changed, so that nobody overwrites what somebody else has changed meanwhile.
import type { HttpRequest } from '@azure/functions';
import { idFrom } from '../../shared/platform/ids';
import { Problem } from './problem';

/** The `ETag` of a stored version. */
export const etagOf = (stored: { readonly etag: string }): string => `"${idFrom(stored.etag)}"`;

/** A proxy that compresses answers marks their ETags as weak: they are compared without that mark. */
const plain = (tag: string) => tag.trim().replace(/^W\//, '');

/** @throws {Problem} 428 without `If-Match`, 412 when it names another version than the stored one. */
export function requireMatch(request: HttpRequest, stored: { readonly etag: string }): void {
  const given = request.headers.get('if-match');
  if (given === null) {
    throw new Problem(
      428,
      'version-needed',
      'Say which version you change.',
      'Read it first, and send its ETag in the header If-Match.',
    );
  }
  const tags = given.split(',').map(plain);
  if (!tags.includes('*') && !tags.includes(etagOf(stored))) throw changedMeanwhile();
}

/** The same where a version may be named, as for a removal. */
export function checkMatch(request: HttpRequest, stored: { readonly etag: string }): void {
  if (request.headers.has('if-match')) requireMatch(request, stored);
}

export const changedMeanwhile = (): Problem =>
  new Problem(
    412,
    'changed-meanwhile',
    'Somebody else changed it meanwhile.',
    'Read it again, and make your change to what it is now.',
  );
