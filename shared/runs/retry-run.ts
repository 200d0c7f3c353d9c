// Starts a run that makes good an earlier one: it sends the batches that did not go through, from the files that were kept. What has gone
// through since the earlier one ended is taken over as it is.
import type { ConstantContact } from '../constant-contact/client';
import type { ImportJob } from '../constant-contact/schemas';
import type { Batch } from '../contacts/manifest';
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { mapLimited } from '../segments/map-limited';
import type { ImportRecord } from './import-record';
import type { ImportStore } from './import-store';
import { keepMessages } from './job-messages';
import { jobsLeft, wasOnItsWay, type JobsLeft } from './jobs-left';
import type { Leftovers } from './leftovers';
import { isOvertaken, type Lock } from './lock';
import { completedBy } from './look-at-job';
import type { Fate } from './report';
import { areThere, batchesLeft, filesGone } from './retry-files';
import { isOver, newRunId, type Reason, type Run, type Trigger } from './run';
import type { RunStore } from './run-store';
import { logQueued, queuedRun } from './start-run';

export type Retried =
  | { readonly kind: 'started'; readonly run: Run }
  /** Nothing was started. `runId`: the run that is on. `until`: when to come back, in milliseconds since 1970. */
  | { readonly kind: 'refused'; readonly reason: Reason; readonly runId?: string; readonly until?: number };

export interface RetryRun {
  /** Why a run cannot be made good, as far as one sees without looking at its files. */
  refusal(run: Run): Promise<Reason | undefined>;
  /** Throws as a look at Constant Contact does, and then nothing was started. */
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

const jobsOpen = ({ open, lookAgainAt }: JobsLeft): Reason => ({
  code: 'jobs-open',
  sentence: `Import jobs of this run are, or may be, open at Constant Contact (${open}), and nobody may be in two at once. Retry the run after ${new Date(lookAgainAt).toISOString()}; what has gone through by then is not sent again.`,
});

/** Rows written at once. */
const atOnce = 8;

/** A batch whose first attempt was accepted. */
const accepted: Omit<ImportRecord, 'batch'> = {
  attempt: 1,
  state: 'open',
  tries: 1,
  owner: null,
  until: 0,
  jobId: null,
  acceptedAt: null,
  ended: null,
  counters: null,
};

export interface RetryRunDeps {
  readonly runs: RunStore;
  readonly exports: Pick<ExportStore, 'get'>;
  readonly imports: Pick<ImportStore, 'put'>;
  readonly leftovers: Pick<Leftovers, 'expect'>;
  readonly constantContact: (connectionId: string) => Pick<ConstantContact, 'importJobs'>;
  readonly files: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an accepted job may take to show up in the list of jobs, in milliseconds. */
  readonly settle: number;
}

export function makeRetryRun(deps: RetryRunDeps): RetryRun {
  const { runs, exports, imports, leftovers, files, clock, log, settle } = deps;

  async function refusal(run: Run, known?: Lock): Promise<Reason | undefined> {
    if (!isOver(run.status)) return runOn;
    if (!run.batchesLeft) return nothingToRetry;
    const lock = known ?? (await runs.lock(run.exportId));
    return isOvertaken(lock, run) ? laterRunSent : undefined;
  }

  async function lookAtJobs(earlier: Run, fates: readonly Fate[]): Promise<JobsLeft | undefined> {
    if (!fates.some(wasOnItsWay)) return undefined;
    const constantContact = deps.constantContact(earlier.connectionId);
    const listed = await constantContact.importJobs({ since: earlier.createdAt });
    return jobsLeft(earlier.id, fates, listed, clock.now(), settle);
  }

  /** Before the run begins, which then finds these batches done. */
  async function takeAsDone(
    runId: string,
    left: readonly Batch[],
    through: ReadonlyMap<number, ImportJob>,
  ): Promise<void> {
    // Should it never begin, somebody removes what is written here.
    if (through.size > 0) await leftovers.expect(runId);
    await mapLimited([...left.entries()], atOnce, async ([index, { number }]) => {
      const job = through.get(number);
      if (!job) return;
      // As the run numbers what it takes over.
      const record = completedBy({ ...accepted, batch: index + 1, acceptedAt: clock.now() }, job);
      await keepMessages(files, runId, record, job);
      await imports.put(runId, undefined, record);
    });
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
      if (!left || !(await areThere(files, earlier.id, left.batches)))
        return { kind: 'refused', reason: filesGone };
      const jobs = await lookAtJobs(earlier, left.fates);
      if (jobs && jobs.open > 0) return { kind: 'refused', reason: jobsOpen(jobs), until: jobs.lookAgainAt };

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
      if (jobs) await takeAsDone(run.id, left.batches, jobs.through);
      const outcome = await runs.start(run, (lock) => isOvertaken(lock, earlier));
      if (outcome.kind === 'busy') return { kind: 'refused', reason: runOn, runId: outcome.runId };
      if (outcome.kind !== 'started') return { kind: 'refused', reason: laterRunSent };
      logQueued(log, run);
      return { kind: 'started', run };
    },
  };
}
