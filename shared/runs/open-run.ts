// Opens a run: freezes its configuration, finds and pins the shards, and checks what can be checked before anything is read or sent.
import type { ConnectionStore } from '../connections/connection-store';
import type { ConstantContact } from '../constant-contact/client';
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import { SegmentFault, ShardChanged } from '../segments/errors';
import type { Segment } from '../segments/segment';
import type { SegmentSource } from '../segments/segment-source';
import { isAway, remedyFor } from './remedy';
import { checkAccount } from './check-account';
import { freezePlan, planBlob } from './plan';
import { isOver, type Reason } from './run';
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
}

export type OpenRun = Step<typeof openRunInput, typeof openRunResult>;

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
      const reason = await checkAccount(deps.constantContact(run.connectionId), connection, wanted);
      if (reason) return await stop(reason);
    } catch (error) {
      if (isAway(error))
        return { kind: 'later', until: clock.now() + awayPause, why: 'constant-contact-away' };
      const remedy = remedyFor(error, clock.now());
      if (!remedy) throw error;
      return 'kind' in remedy ? remedy : stop(remedy);
    }

    const { listId, mapping, addressesInClear } = wanted;
    const plan = await freezePlan(deps.files, runId, round, { listId, mapping, addressesInClear, segments });
    const opened = await runs.update(runId, (before) => ({
      ...before,
      listId: plan.listId,
      pointers: Object.fromEntries(plan.segments.map(({ name, pointer }) => [name, pointer])),
    }));
    // An execution that comes so late would leave a plan that nobody removes.
    if (isOver(opened.status)) await deps.files.remove(planBlob(runId, round));
    return isOver(opened.status) ? stopped : { kind: 'opened' };
  };
}
