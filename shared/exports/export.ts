// An export: what goes where, and when. Configured once, run many times.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { actorSchema, type Actor } from '../access/actor';
import { mappingSchema } from '../contacts/mapping';
import { idSchema } from '../platform/ids';
import { exportScheduleSchema } from '../schedule/schedule';
import { pastedListIdSchema } from './list-address';

const name = z.string().trim().min(1).max(100);
/** `null`: detached; it does not run until a connection is chosen. */
const connectionId = idSchema.nullable();
/** Names of segments, in the order that decides which of two profiles with one address wins. As many as fit a run's row. */
const segments = z
  .array(z.string().min(1).max(256))
  .min(1)
  .max(25)
  .refine((names) => new Set(names).size === names.length, 'names a segment more than once');

const configurable = {
  name,
  connectionId,
  /** The Constant Contact list that the contacts join, by its id or the address of its page. */
  listId: pastedListIdSchema,
  mapping: mappingSchema,
  segments,
  schedule: exportScheduleSchema,
  /** Whether the rejects file shows addresses as they are; otherwise they are masked. */
  addressesInClear: z.boolean(),
};

/** What a person configures. */
export const exportDraftSchema = z.strictObject({
  ...configurable,
  schedule: exportScheduleSchema.default({ kind: 'with-refresh' }),
  addressesInClear: z.boolean().default(false),
});
export type ExportDraft = z.output<typeof exportDraftSchema>;

/** What a person changes; the rest stays. */
export const exportChangeSchema = z.strictObject(configurable).partial();
export type ExportChange = z.output<typeof exportChangeSchema>;

export const exportSchema = z.strictObject({
  ...configurable,
  id: idSchema,
  listId: z.guid(),
  /** As the list was called when it was last looked at; `null` when it never was. */
  listName: z.string().nullable(),
  /** The last save: data of before it counts as known, and starts no run. `null` for exports of before this was kept. */
  knownSince: z.iso.datetime().nullable(),
  /** When its present schedule began to count: due times of before it start no run. */
  scheduledSince: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: actorSchema,
  updatedAt: z.iso.datetime(),
  updatedBy: actorSchema,
});
export type Export = z.output<typeof exportSchema>;

/** Who changes it, and when, in milliseconds since 1970. */
export interface Change {
  readonly by: Actor;
  readonly at: number;
}

export function newExport(
  draft: ExportDraft,
  { id, listName, by, at }: Change & { readonly id: string; readonly listName: string | null },
): Export {
  const now = new Date(at).toISOString();
  return {
    ...draft,
    id,
    listName,
    knownSince: now,
    scheduledSince: now,
    createdAt: now,
    createdBy: by,
    updatedAt: now,
    updatedBy: by,
  };
}

/** Detaching is a change of the connection to `null`. */
export function changedExport(
  before: Export,
  change: ExportChange & { readonly listName?: string | null },
  { by, at }: Change,
): Export {
  // Two saves within a millisecond are two saves.
  const least = before.knownSince === null ? 0 : Date.parse(before.knownSince) + 1;
  const now = new Date(Math.max(at, least)).toISOString();
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const after: Export = { ...before, ...given, knownSince: now, updatedAt: now, updatedBy: by };
  const isRescheduled = !isDeepStrictEqual(before.schedule, after.schedule);
  const isAttached = before.connectionId === null && after.connectionId !== null;
  return { ...after, scheduledSince: isRescheduled || isAttached ? now : before.scheduledSince };
}

/** What a person configured, as for a copy. */
export function draftOf(wanted: Export): ExportDraft {
  const { name, connectionId, listId, mapping, segments, schedule, addressesInClear } = wanted;
  return { name, connectionId, listId, mapping, segments, schedule, addressesInClear };
}
