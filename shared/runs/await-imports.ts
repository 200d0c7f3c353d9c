// Looks at all open import jobs of a run with one listing of Constant Contact's jobs, and writes down what became of them.
import type { ConstantContact } from '../constant-contact/client';
import { NotFound } from '../constant-contact/errors';
import type { ImportJob } from '../constant-contact/schemas';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { fileNameOf, withRemark, type ImportRecord } from './import-record';
import type { ImportStore } from './import-store';
import { keepMessages, messagesBlob } from './job-messages';
import { attemptNeeded, isOnItsWay, lookAtJob, lookInVain, type LookLimits } from './look-at-job';
import { isAway, remedyFor } from './remedy';
import { isOver, type Run } from './run';
import type { RunStore } from './run-store';
import { type awaitImportsInput, type awaitImportsResult, stopped, type Step } from './steps';

export interface AwaitImportsDeps {
  readonly runs: RunStore;
  readonly imports: ImportStore;
  readonly files: BlobStore;
  readonly constantContact: (connectionId: string) => ConstantContact;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: LookLimits;
}

export type AwaitImports = Step<typeof awaitImportsInput, typeof awaitImportsResult>;

interface Seen {
  readonly job: ImportJob;
  /** There is another job of the same file. */
  readonly doubled: boolean;
}

export function makeAwaitImports(deps: AwaitImportsDeps): AwaitImports {
  const { runs, imports, files, clock, log, limits } = deps;

  /** The jobs of these records, by batch. A job that is missing in the listing is asked for by its id. */
  async function jobsOf(run: Run, records: readonly ImportRecord[]): Promise<Map<number, Seen>> {
    const constantContact = deps.constantContact(run.connectionId);
    const listed = await constantContact.importJobs({ since: run.startedAt ?? run.createdAt });
    const byId = new Map(listed.map((job) => [job.id, job]));
    const byName = new Map(listed.map((job) => [job.fileName, job]));
    const found = new Map<number, Seen>();
    for (const { batch, attempt, jobId } of records) {
      const fileName = fileNameOf(run.id, batch, attempt);
      const job =
        (jobId === null ? undefined : byId.get(jobId)) ??
        byName.get(fileName) ??
        (jobId === null ? undefined : await orUndefined(constantContact.importJob(jobId)));
      const doubled = listed.filter((one) => one.fileName === fileName && one.id !== job?.id).length > 0;
      if (job) found.set(batch, { job, doubled });
    }
    return found;
  }

  function tell(run: Run, after: ImportRecord): void {
    log.info('batch.ended', {
      run: run.id,
      export: run.exportId,
      batch: after.batch,
      attempt: after.attempt,
      outcome: after.ended ?? after.state,
      seconds: after.acceptedAt === null ? undefined : Math.round((clock.now() - after.acceptedAt) / 1000),
      ...after.counters,
    });
  }

  return async ({ runId }) => {
    const run = await runs.get(runId);
    if (!run || isOver(run.status)) return stopped;
    const records = await imports.all(runId);
    const waiting = records.filter(({ value }) => value.state === 'open' || value.state === 'claimed');

    if (waiting.length > 0) {
      let jobs: Map<number, Seen> | 'away';
      try {
        jobs = await jobsOf(
          run,
          waiting.map(({ value }) => value),
        );
      } catch (error) {
        const remedy = remedyFor(error, clock.now());
        if (remedy && 'kind' in remedy) return run.cancelRequested ? stopped : remedy;
        if (remedy) {
          await runs.update(runId, (before) => ({ ...before, reason: before.reason ?? remedy }));
          return stopped;
        }
        if (!isAway(error)) throw error;
        jobs = 'away';
      }
      for (const stored of waiting) {
        const { job, doubled } = (jobs === 'away' ? undefined : jobs.get(stored.value.batch)) ?? {};
        const looked =
          jobs === 'away'
            ? lookInVain(stored.value, clock.now(), limits)
            : lookAtJob(stored.value, job, clock.now(), limits);
        const after = doubled ? withRemark(looked, 'doubled') : looked;
        if (after === stored.value) continue;
        const hasEnded = after.state !== stored.value.state && after.state !== 'open';
        if (hasEnded) await keepMessages(files, runId, after, job);
        if (await imports.put(runId, stored, after)) {
          // By the one look that noted it.
          if (hasEnded) tell(run, after);
          continue;
        }
        // Lost only to whoever works on the same record, as the next look sees; or the run is over, and nobody comes for the messages.
        if (isOver((await runs.get(runId))?.status ?? 'Failed'))
          await files.remove(messagesBlob(runId, after.batch, after.attempt));
      }
    }
    if (run.cancelRequested) return stopped;

    const now = clock.now();
    const seen = (await imports.all(runId)).map(({ value }) => value);
    const again = seen.flatMap((record) => {
      const attempt = attemptNeeded(record, now, limits);
      return attempt === undefined ? [] : [{ batch: record.batch, attempt }];
    });
    const open = seen.filter((record) => isOnItsWay(record, now, limits)).length;
    const unconfirmed = seen.filter(({ state }) => state === 'unconfirmed').length;
    return { kind: 'looked', open, again, ...(unconfirmed > 0 && { unconfirmed }) };
  };
}

async function orUndefined(asked: Promise<ImportJob>): Promise<ImportJob | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
