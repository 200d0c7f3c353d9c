// The plan of a run: its export's configuration and its shards, frozen. One per round, as a round pins other shards.
import { z } from 'zod';
import { contactLimitSchema } from '../connections/connection';
import { mappingSchema } from '../contacts/mapping';
import type { Settled } from '../contacts/manifest';
import type { BlobStore } from '../platform/blobs';
import { pickByName } from '../segments/pick-by-name';
import { segmentSchema } from '../segments/segment';
import { fingerprintOf } from './no-new-data';
import { folderOf } from './run';

/** What the run works with from here on, whatever happens to the export's configuration meanwhile. */
export const planSchema = z.strictObject({
  listId: z.guid(),
  mapping: mappingSchema,
  addressesInClear: z.boolean(),
  /** The most contacts that the connection may send; `null` for no limit of its own. */
  contactLimit: contactLimitSchema.default(null),
  /** The segments as the export spells them; absent in plans of before. */
  asked: z.array(z.string()).optional(),
  segments: z.array(segmentSchema),
});
export type Plan = z.output<typeof planSchema>;

export const planBlob = (runId: string, round: number): string => `${folderOf(runId)}plan-${round}.json`;

export async function readPlan(files: BlobStore, runId: string, round: number): Promise<Plan> {
  const found = await files.read(planBlob(runId, round));
  if (!found) throw new Error(`the plan of run ${runId} is missing`);
  return planSchema.parse(JSON.parse(found.content.toString('utf8')));
}

/** The first plan of a round is the round's: an execution that comes late must not change what is read already. */
export async function freezePlan(files: BlobStore, runId: string, round: number, plan: Plan): Promise<Plan> {
  const isFirst = await files.create(planBlob(runId, round), JSON.stringify(plan), 'application/json');
  return isFirst ? plan : readPlan(files, runId, round);
}

/** The commit pointers by segment, each named as the export spells it, whatever the case: what they are compared with is named so. */
function pointersOf({ asked, segments }: Plan): Record<string, string> {
  const names = segments.map(({ name }) => name);
  const found = (asked ?? names).flatMap((name) => {
    const index = pickByName(names, name);
    const segment = typeof index === 'number' ? segments[index] : undefined;
    return segment ? [[name, segment.pointer]] : [];
  });
  return Object.fromEntries(found) as Record<string, string>;
}

/** What a run of this connection settles by this plan. */
export const settledBy = (connectionId: string, plan: Plan): Settled => ({
  listId: plan.listId,
  pointers: pointersOf(plan),
  fingerprint: fingerprintOf(connectionId, plan),
});
