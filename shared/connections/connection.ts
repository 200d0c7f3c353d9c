// A connection: the right to send data to one Constant Contact account, granted by somebody who may. This is its configuration;
// how it is doing is in a row of its own (`health-facts.ts`), so that the version of this one moves only when somebody changes it.
import { z } from 'zod';
import { actorSchema } from '../access/actor';
import { idSchema } from '../platform/ids';
import { nameKey } from './name-key';

export const connectionNameSchema = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(100, 'is longer than 100 characters')
  .refine((name) => name.isWellFormed() && !/[\p{Cc}\u2028\u2029]/u.test(name), 'holds control characters')
  .refine((name) => nameKey(name) !== '', 'holds nothing that can be seen')
  // Unlike a transform it keeps the type, which the description of the API shows.
  .overwrite((name) => name.normalize('NFC'));

/** Who may use it in exports. Administrators always may. */
export const sharedWithSchema = z.enum(['administrators', 'administrators-and-contributors']);

/** The most contacts that the contract with Constant Contact allows; `null` when it names none. */
export const contactLimitSchema = z.int().min(1).max(1_000_000).nullable();

/** How a removal goes about the exports that use the connection. */
export const exportsOnRemovalSchema = z.enum(['detach', 'remove']);

export const connectionSchema = z.strictObject({
  id: idSchema,
  name: connectionNameSchema,
  sharedWith: sharedWithSchema,
  /** The agreement that personal data may leave to Constant Contact. Nothing is sent without it. */
  consent: z
    .strictObject({ version: z.string(), acceptedAt: z.iso.datetime(), acceptedBy: actorSchema })
    .nullable(),
  /** The Constant Contact account that it is pinned to. */
  account: z.strictObject({ id: z.string().min(1), organization: z.string() }).nullable(),
  /** Who signed in last: the owner of record of what the connection sends. */
  exportUser: z.strictObject({ signedInBy: actorSchema, signedInAt: z.iso.datetime() }).nullable(),
  contactLimit: contactLimitSchema,
  createdAt: z.iso.datetime(),
  createdBy: actorSchema,
  updatedAt: z.iso.datetime(),
  updatedBy: actorSchema,
  /** Set from the moment of its removal until it is gone: nothing may start with it any more. */
  removing: z
    .strictObject({ since: z.iso.datetime(), by: actorSchema, exports: exportsOnRemovalSchema })
    .nullable(),
});

export type Connection = z.output<typeof connectionSchema>;
