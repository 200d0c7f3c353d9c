// Ids that may stand in table keys, blob names, secret names and URLs: lower-case letters and digits only.
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

const letters = (bytes: Uint8Array) => Array.from(bytes, (byte) => alphabet[byte & 31]).join('');

/** The id of a connection or an export. */
export const idSchema = z
  .string()
  .regex(/^[a-z0-9]{3,32}$/, 'is not an id (3 to 32 lower-case letters and digits)');

/** A fresh id: 12 characters, 60 random bits. */
export const newId = (): string => letters(randomBytes(12));

/** The same 12 characters for the same content, 60 bits of its SHA-256. */
export const idFrom = (content: string): string =>
  letters(createHash('sha256').update(content).digest().subarray(0, 12));
