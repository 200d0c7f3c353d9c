// Opens a run: freezes its configuration, finds and pins the shards, and checks what can be checked before anything is read or sent.
import type { Connection } from '../connections/connection';
import type { ConnectionStore } from '../connections/connection-store';
import type { ConstantContact } from '../constant-contact/client';
import { readManifest, type Manifest } from '../contacts/manifest';
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import { SegmentFault, ShardChanged } from '../segments/errors';
import type { Segment } from '../segments/segment';
import type { SegmentSource } from '../segments/segment-source';
import { checkAccount } from './check-account';
import { fingerprintOf, nothingNew } from './no-new-data';
import { freezePlan, planBlob, settledBy, type Plan } from './plan';
import { isAway, remedyFor, whyAway } from './remedy';
import { batchesLeft, contactsOf, filesGone } from './retry-files';
import { folderOf, isOver, type Reason, type Run } from './run';
import type { RunStore } from './run-store';
import { type openRunInput, type openRunResult, stopped, type Step } from './steps';

export interface OpenRunDeps {
  readonly runs: RunStore;
  readonly exports: ExportStore;
  readonly connections: ConnectionStore;
  readonly segments: SegmentSource;
  readonly constantContact: (connectionId: string) => ConstantContact;
  readonly files: BlobStore;
  readonly clock: Clock;
  /** Between two looks at an account that cannot be reached, in milliseconds; the orchestration counts them. */
  readonly awayPause: number;
  /** Whether a scheduled run sends again what the last run has sent. */
  readonly withoutNewData: boolean;
}

export type OpenRun = Step<typeof openRunInput, typeof openRunResult>;

const opened = { kind: 'opened' } as const;

const fault = (code: string, sentence: string): Reason => ({ code, sentence });

export function makeOpenRun(deps: OpenRunDeps): OpenRun {
  const { runs, files, clock } = deps;

  /** What a run that is on is about to do, or goes on with. */
  const begun = (before: Run): Run => ({
    ...before,
    status: 'Processing',
    startedAt: before.startedAt ?? new Date(clock.now()).toISOString(),
    ...(before.status === 'Failed (retrying)' && { reason: null, counts: null, retryAt: null }),
  });

  /** What there is to be sent already, and to how many: of a try or a round before, or of the run that this one makes good. */
  async function preparedBefore(run: Run): Promise<Prepared | undefined> {
    const own = run.tries > 0 || run.prepared ? await readManifest(files, folderOf(run.id)) : undefined;
    if (own) return { manifest: own, contacts: own.counts.contacts };
    const left = run.retryOf === null ? undefined : await batchesLeft(files, run.retryOf);
    return left && { manifest: left.manifest, contacts: contactsOf(left.batches) };
  }

  return async ({ runId, round, tries = 0 }) => {
    const isToBeOpened = (one: Run) => one.tries === tries && one.round < round;
    const run = await runs.update(runId, (before) => (isToBeOpened(before) ? begun(before) : before));
    if (run.cancelRequested || run.tries !== tries || isOver(run.status)) return stopped;
    // Another execution has opened it, and the run is far beyond, maybe: whatever this one would find came too late.
    if (!isToBeOpened(run)) return opened;

    const stop = async (reason: Reason) => {
      const after = await runs.update(runId, (before) =>
        isToBeOpened(before) ? { ...before, reason } : before,
      );
      return isToBeOpened(after) || isOver(after.status) ? stopped : opened;
    };
    /** @param news what the row says of it, unless a manifest has settled that meanwhile. */
    const open = (news: Partial<Run> = {}) =>
      runs.update(runId, (before) =>
        isToBeOpened(before) ? { ...before, ...(!before.prepared && news), round } : before,
      );

    const wanted = (await deps.exports.get(run.exportId))?.value;
    if (!wanted) return stop(fault('export-removed', 'The export was removed before its run began.'));
    const connection = await deps.connections.get(run.connectionId);
    if (!connection || connection.removing || wanted.connectionId !== run.connectionId) {
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

    const prepared = await preparedBefore(run);
    if (run.retryOf !== null && !prepared) return stop(filesGone);
    // What is read first is counted then, by the limit in the plan.
    if (prepared && prepared.contacts > (connection.contactLimit ?? Infinity))
      return stop(overLimit(prepared.contacts, connection));
    let segments: Segment[] = [];
    try {
      if (!prepared) segments = await deps.segments.open(wanted.segments);
    } catch (error) {
      // A blob that vanished between listing and pinning: the next round sees the new files, if there are any.
      if (error instanceof ShardChanged) return { kind: 'changed' };
      if (error instanceof SegmentFault) return stop(fault(error.code, error.message));
      throw error;
    }

    try {
      const preparedFor = prepared?.manifest.settled?.listId ?? run.listId;
      const used = prepared && preparedFor ? asPrepared(prepared.manifest, preparedFor) : wanted;
      const reason = await checkAccount(deps.constantContact(run.connectionId), connection, used);
      if (reason) return await stop(reason);
    } catch (error) {
      if (isAway(error))
        return { kind: 'later', until: clock.now() + deps.awayPause, why: whyAway(error).why };
      const remedy = remedyFor(error, clock.now());
      if (!remedy) throw error;
      return 'kind' in remedy ? remedy : stop(remedy);
    }

    if (prepared) {
      await open();
      return opened;
    }

    const { listId, mapping, addressesInClear } = wanted;
    const { contactLimit } = connection;
    const planned: Plan = {
      listId,
      mapping,
      addressesInClear,
      contactLimit,
      asked: wanted.segments,
      segments,
    };
    const fingerprint = fingerprintOf(run.connectionId, planned);
    const { sentAll } = await runs.lock(run.exportId);
    if (!deps.withoutNewData && sentAll === fingerprint && isByTheClock(run)) return stop(nothingNew);

    const plan = await freezePlan(files, runId, round, planned);
    const after = await open(settledBy(run.connectionId, plan));
    if (!isOver(after.status)) return opened;
    // An execution that comes so late would leave a plan that nobody removes.
    await files.remove(planBlob(runId, round));
    return stopped;
  };
}

/** Somebody who asks for a run gets one, and so does new data. */
const isByTheClock = ({ trigger }: Run) => trigger.kind === 'refresh' || trigger.kind === 'schedule';

interface Prepared {
  readonly manifest: Manifest;
  readonly contacts: number;
}

const overLimit = (contacts: number, { name, contactLimit }: Connection): Reason =>
  fault(
    'too-many-contacts',
    `Over the limit: ${contacts} contacts are prepared to be sent, and the connection "${name}" may send ${contactLimit} at most. An administrator can raise the limit.`,
  );

/** What is checked at Constant Contact of batches that are made already. */
const asPrepared = ({ batches }: Manifest, listId: string) => ({
  listId,
  mapping: {
    fields: Object.fromEntries(batches.flatMap(({ columns }) => columns.map((name) => [name, name]))),
  },
});
