// Starts a run that makes good an earlier one: it sends the batches that did not go through, from the files that were kept.
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { isOvertaken, type Lock } from './lock';
import { areThere, batchesLeft, filesGone } from './retry-files';
import { isOver, newRunId, type Reason, type Run, type Trigger } from './run';
import type { RunStore } from './run-store';
import { logQueued, queuedRun } from './start-run';

export type Retried =
  | { readonly kind: 'started'; readonly run: Run }
  /** Nothing was started. `runId`: the run that is on. */
  | { readonly kind: 'refused'; readonly reason: Reason; readonly runId?: string };

export interface RetryRun {
  /** Why a run cannot be made good, as far as one sees without looking at its files. */
  refusal(run: Run): Promise<Reason | undefined>;
  start(run: Run, trigger: Trigger): Promise<Retried>;
}

const runOn: Reason = {
  code: 'run-on',
  sentence: 'A run of this export is on. Wait until it has ended, or cancel it.',
};
const nothingToRetry: Reason = {
  code: 'nothing-to-retry',
  sentence:
    'This run left no batch to be sent: every batch that it had made was taken by Constant Contact, or it made none. Run the export instead.',
};
const laterRunSent: Reason = {
  code: 'later-run-sent',
  sentence:
    'A later run of this export has sent contacts, so what this one left may be out of date. Retry the later run, or run the export.',
};
const exportChanged: Reason = {
  code: 'export-changed',
  sentence:
    'The export is gone, or has another connection, another list or fewer segments than this run had. Run the export instead.',
};

export function makeRetryRun(deps: {
  readonly runs: RunStore;
  readonly exports: Pick<ExportStore, 'get'>;
  readonly files: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
}): RetryRun {
  const { runs, exports, files, clock, log } = deps;

  async function refusal(run: Run, known?: Lock): Promise<Reason | undefined> {
    if (!isOver(run.status)) return runOn;
    if (!run.batchesLeft) return nothingToRetry;
    const lock = known ?? (await runs.lock(run.exportId));
    return isOvertaken(lock, run) ? laterRunSent : undefined;
  }

  return {
    refusal: (run) => refusal(run),

    async start(earlier, trigger) {
      const { exportId, connectionId } = earlier;
      const reason = await refusal(earlier);
      if (reason) return { kind: 'refused', reason };
      const wanted = (await exports.get(exportId))?.value;
      // What was taken out of the export since, or goes elsewhere by now, is not sent after all.
      const isTheSame =
        wanted?.connectionId === connectionId &&
        (earlier.listId === null || wanted.listId === earlier.listId) &&
        earlier.segments.every((segment) => wanted.segments.includes(segment));
      if (!isTheSame) return { kind: 'refused', reason: exportChanged };
      const left = await batchesLeft(files, earlier.id);
      if (!left || !(await areThere(files, earlier.id, left))) return { kind: 'refused', reason: filesGone };

      const now = new Date(clock.now());
      const run: Run = {
        ...queuedRun({
          id: newRunId(exportId, now),
          exportId,
          exportName: wanted.name,
          connectionId,
          segments: earlier.segments,
          trigger,
          createdAt: now.toISOString(),
        }),
        listId: earlier.listId,
        retryOf: earlier.id,
        // Together with what the earlier one has sent.
        fingerprint: earlier.fingerprint,
      };
      const outcome = await runs.start(run, (lock) => isOvertaken(lock, earlier));
      if (outcome.kind === 'busy') return { kind: 'refused', reason: runOn, runId: outcome.runId };
      if (outcome.kind !== 'started') return { kind: 'refused', reason: laterRunSent };
      logQueued(log, run);
      return { kind: 'started', run };
    },
  };
}
