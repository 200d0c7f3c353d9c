// An export: what goes where. Configured once, run many times.
import { z } from 'zod';
import { mappingSchema } from '../contacts/mapping';
import { idSchema } from '../platform/ids';

export const exportSchema = z.strictObject({
  id: idSchema,
  name: z.string().trim().min(1).max(100),
  /** `null`: detached; it does not run until a connection is chosen. */
  connectionId: idSchema.nullable(),
  /** The Constant Contact list that the contacts join. */
  listId: z.guid(),
  mapping: mappingSchema,
  /** Names of segments, in the order that decides which of two profiles with one address wins. As many as fit a run's row. */
  segments: z.array(z.string().min(1).max(256)).min(1).max(25),
  /** Whether the rejects file shows addresses as they are; otherwise they are masked. */
  addressesInClear: z.boolean().default(false),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
});

export type Export = z.output<typeof exportSchema>;
