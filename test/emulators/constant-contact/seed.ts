// Data that an emulator starts with, or is given later: lists, custom fields, people in any state.
import { z } from 'zod';

export const seedSchema = z.strictObject({
  /** A list whose name is taken stays as it is. */
  lists: z.array(z.strictObject({ name: z.string().min(1).max(255), id: z.uuid().optional() })).default([]),
  customFields: z
    .array(z.strictObject({ label: z.string().min(1).max(50), type: z.string().default('string') }))
    .default([]),
  contacts: z
    .array(
      z.strictObject({
        address: z.string().min(3),
        status: z
          .enum(['active', 'unsubscribed', 'deleted', 'temp_hold', 'pending_confirmation'])
          .default('active'),
        /** Names of lists. */
        lists: z.array(z.string()).default([]),
        /** By the names that an import's header has: `first_name`, `cf:colour`. */
        fields: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default([]),
});

export type Seed = z.input<typeof seedSchema>;
