// Pages of a list: `limit`, and an opaque `cursor` that the page before gave.
import { z } from 'zod';
import { invalid } from './read-input';

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50).meta({ description: 'How many at most.' }),
  cursor: z
    .string()
    .max(1_000)
    .optional()
    .meta({ description: 'Where the page starts: `nextCursor` of the page before.' }),
});

/** `null` on the last page. */
export const nextCursor = z.string().nullable();

export const cursorOf = (key: string | undefined): string | null =>
  key === undefined ? null : Buffer.from(key).toString('base64url');

/**
 * @param allowed what such a key looks like: a cursor comes from outside.
 * @throws {Problem} 400
 */
export function keyOf(cursor: string | undefined, allowed: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!allowed.test(key)) throw invalid([{ path: 'cursor', message: 'is not one that this list gave' }]);
  return key;
}
