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
import { isOver, withReason, type Run } from './run';
import type { RunStore } from './run-store';
import { type awaitImportsInput, type awaitImportsResult, stopped, type Later, type Step } from './steps';

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

  /**
   * Looks these records up, and notes in `found` what each has become, by batch; what was found before a call fails is kept. A job that
   * is missing in the listing is asked for by its id: where the look is the last, or when it should have shown up by now.
   */
  async function lookUp(
    run: Run,
    records: readonly ImportRecord[],
    found: Map<number, Seen | undefined>,
  ): Promise<void> {
    const constantContact = deps.constantContact(run.connectionId);
    const listed = await constantContact.importJobs({ since: run.startedAt ?? run.createdAt });
    const byId = new Map(listed.map((job) => [job.id, job]));
    const byName = new Map(listed.map((job) => [job.fileName, job]));
    const seen = ({ batch, attempt }: ImportRecord, job: ImportJob): Seen => {
      const fileName = fileNameOf(run.id, batch, attempt);
      return { job, doubled: listed.some((one) => one.fileName === fileName && one.id !== job.id) };
    };
    const mayShowUp = (acceptedAt: number) =>
      !run.cancelRequested && clock.now() - acceptedAt < limits.settle;

    const missing: { readonly record: ImportRecord; readonly jobId: string }[] = [];
    for (const record of records) {
      const { batch, attempt, jobId, acceptedAt } = record;
      const job = byId.get(jobId ?? '') ?? byName.get(fileNameOf(run.id, batch, attempt));
      if (job || jobId === null || acceptedAt === null || mayShowUp(acceptedAt))
        found.set(batch, job && seen(record, job));
      else missing.push({ record, jobId });
    }
    for (const { record, jobId } of missing) {
      const job = await orUndefined(constantContact.importJob(jobId));
      found.set(record.batch, job && seen(record, job));
    }
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
      const found = new Map<number, Seen | undefined>();
      let later: Later | undefined;
      let away = false;
      try {
        await lookUp(
          run,
          waiting.map(({ value }) => value),
          found,
        );
      } catch (error) {
        const remedy = remedyFor(error, clock.now());
        if (remedy && 'kind' in remedy) later = remedy;
        else if (remedy) {
          await runs.update(runId, withReason(run, remedy));
          return stopped;
        } else if (isAway(error)) away = true;
        else throw error;
      }
      for (const stored of waiting) {
        const hasLooked = found.has(stored.value.batch);
        if (!hasLooked && !away) continue;
        const { job, doubled } = found.get(stored.value.batch) ?? {};
        const looked = hasLooked
          ? lookAtJob(stored.value, job, clock.now(), limits)
          : lookInVain(stored.value, clock.now(), limits);
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
      if (later) return run.cancelRequested ? stopped : later;
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
