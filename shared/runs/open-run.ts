// Opens a run: freezes its configuration, finds and pins the shards, and checks what can be checked before anything is read or sent.
import { z } from 'zod';
import type { ConnectionStore } from '../connections/connection-store';
import type { ConstantContact } from '../constant-contact/client';
import { NotFound } from '../constant-contact/errors';
import { mappingSchema, type Mapping } from '../contacts/mapping';
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import { SegmentFault, ShardChanged } from '../segments/errors';
import { segmentSchema, type Segment } from '../segments/segment';
import type { SegmentSource } from '../segments/segment-source';
import { isAway, remedyFor } from './remedy';
import { folderOf, isOver, type Reason } from './run';
import type { RunStore } from './run-store';
import { stopped, type Later } from './steps';

/** What the run works with from here on, whatever happens to the export's configuration meanwhile. */
export const planSchema = z.strictObject({
  listId: z.guid(),
  mapping: mappingSchema,
  addressesInClear: z.boolean(),
  segments: z.array(segmentSchema),
});
export type Plan = z.output<typeof planSchema>;

export const planBlob = (runId: string, round: number): string => `${folderOf(runId)}plan-${round}.json`;

export async function readPlan(files: BlobStore, runId: string, round: number): Promise<Plan> {
  const found = await files.read(planBlob(runId, round));
  if (!found) throw new Error(`the plan of run ${runId} is missing`);
  return planSchema.parse(JSON.parse(found.content.toString('utf8')));
}

export interface OpenRunDeps {
  readonly runs: RunStore;
  readonly exports: ExportStore;
  readonly connections: ConnectionStore;
  readonly segments: SegmentSource;
  readonly constantContact: (connectionId: string) => ConstantContact;
  readonly files: BlobStore;
  readonly clock: Clock;
}

export type OpenRun = (input: {
  runId: string;
  round: number;
}) => Promise<{ kind: 'opened' } | { kind: 'changed' } | Later | typeof stopped>;

/** Between two looks at an account that cannot be reached; the orchestration counts them. Milliseconds. */
const awayPause = 30_000;

const fault = (code: string, sentence: string): Reason => ({ code, sentence });

export function makeOpenRun(deps: OpenRunDeps): OpenRun {
  return async ({ runId, round }) => {
    const { runs, clock } = deps;
    const run = await runs.update(runId, (before) => ({
      ...before,
      status: 'Processing',
      startedAt: before.startedAt ?? new Date(clock.now()).toISOString(),
    }));
    if (run.cancelRequested || isOver(run.status)) return stopped;

    const stop = async (reason: Reason) => {
      await runs.update(runId, (before) => ({ ...before, reason }));
      return stopped;
    };

    const wanted = await deps.exports.get(run.exportId);
    if (!wanted) return stop(fault('export-removed', 'The export was removed before its run began.'));
    const connection = await deps.connections.get(run.connectionId);
    if (!connection || wanted.connectionId !== run.connectionId) {
      return stop(
        fault(
          'connection-removed',
          'The connection was removed or exchanged before the run began. Check the export, then run it again.',
        ),
      );
    }
    if (!connection.consent) {
      return stop(
        fault(
          'consent-needed',
          `Nobody has agreed yet that the connection "${connection.name}" may send personal data. An administrator must accept the consent first.`,
        ),
      );
    }

    let segments: Segment[];
    try {
      segments = await deps.segments.open(wanted.segments);
    } catch (error) {
      // A blob that vanished between listing and pinning: the next round sees the new files, if there are any.
      if (error instanceof ShardChanged) return { kind: 'changed' };
      if (error instanceof SegmentFault) return stop(fault(error.code, error.message));
      throw error;
    }

    try {
      const reason = await checkAccount(
        deps.constantContact(run.connectionId),
        wanted.listId,
        wanted.mapping,
      );
      if (reason) return await stop(reason);
    } catch (error) {
      if (isAway(error))
        return { kind: 'later', until: clock.now() + awayPause, why: 'constant-contact-away' };
      const remedy = remedyFor(error, clock.now());
      if (!remedy) throw error;
      return 'kind' in remedy ? remedy : stop(remedy);
    }

    const { listId, mapping, addressesInClear } = wanted;
    const plan = await freeze(deps.files, runId, round, { listId, mapping, addressesInClear, segments });
    await runs.update(runId, (before) => ({
      ...before,
      listId: plan.listId,
      pointers: Object.fromEntries(plan.segments.map(({ name, pointer }) => [name, pointer])),
    }));
    return { kind: 'opened' };
  };
}

/** The first plan of a round is the round's: an execution that comes late must not change what is read already. */
async function freeze(files: BlobStore, runId: string, round: number, plan: Plan): Promise<Plan> {
  const isFirst = await files.create(planBlob(runId, round), JSON.stringify(plan), 'application/json');
  return isFirst ? plan : readPlan(files, runId, round);
}

/** The list and the custom fields, as the account has them. Two or three requests. */
async function checkAccount(
  account: ConstantContact,
  listId: string,
  mapping: Mapping,
): Promise<Reason | undefined> {
  try {
    const list = await account.contactList(listId);
    if (list.deleted)
      return fault(
        'list-deleted',
        `The list "${list.name}" was deleted in Constant Contact. Choose another list for the export.`,
      );
  } catch (error) {
    if (error instanceof NotFound)
      return fault(
        'list-unknown',
        `Constant Contact has no list with the id ${listId}. Choose a list of this account for the export.`,
      );
    throw error;
  }
  const wanted = Object.keys(mapping.fields).filter((field) => field.startsWith('cf:'));
  if (wanted.length === 0) return undefined;
  const known = new Set((await account.customFields()).map(({ name }) => `cf:${name}`));
  const unknown = wanted.filter((field) => !known.has(field));
  if (unknown.length === 0) return undefined;
  return fault(
    'custom-field-unknown',
    `Constant Contact has no custom field ${unknown.map((field) => `"${field.slice(3)}"`).join(', ')}. Create it there, or correct the export's data matching.`,
  );
}
