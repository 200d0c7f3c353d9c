// Who did something: kept beside what was done.
import { z } from 'zod';

export const actorSchema = z.strictObject({
  /** Tenant and object id, with a slash between. */
  id: z.string(),
  /** For people to read. */
  name: z.string(),
});

export type Actor = z.output<typeof actorSchema>;
