// A connection: the right to send data to one Constant Contact account, granted by somebody who may.
import { z } from 'zod';
import { idSchema } from '../platform/ids';

export const connectionSchema = z.strictObject({
  id: idSchema,
  name: z.string().trim().min(1).max(100),
  /** Who may use it in exports. Administrators always may. */
  sharedWith: z.enum(['administrators', 'administrators-and-contributors']),
  /** The agreement that personal data may leave to Constant Contact. Nothing is sent without it. */
  consent: z
    .strictObject({ version: z.string(), acceptedAt: z.iso.datetime(), acceptedBy: z.string() })
    .nullable(),
  /** The Constant Contact account that it is pinned to. */
  account: z.strictObject({ id: z.string(), organization: z.string() }).nullable(),
});

export type Connection = z.output<typeof connectionSchema>;
