// Sends one batch as one import job, once: whoever comes first claims it, and after an outcome that nobody saw the file's name is
// looked up before it is sent again.
import { randomUUID } from 'node:crypto';
import { readManifest } from '../contacts/manifest';
import type { ConstantContact } from '../constant-contact/client';
import { ConstantContactError, ContentBrokenOff, NotFound, RequestRefused } from '../constant-contact/errors';
import type { ImportJob } from '../constant-contact/schemas';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Stored } from '../platform/tables';
import { fileNameOf, maxTries, type ImportRecord } from './import-record';
import type { ImportStore } from './import-store';
import { isAway, remedyFor, unavailable, whyAway } from './remedy';
import { folderOf, isOver, withReason, type Reason, type Run } from './run';
import type { RunStore } from './run-store';
import { type importBatchInput, type importBatchResult, stopped, type Later, type Step } from './steps';

export interface ImportBatchDeps {
  readonly runs: RunStore;
  readonly imports: ImportStore;
  readonly files: BlobStore;
  readonly constantContact: (connectionId: string) => ConstantContact;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a claim lasts, in milliseconds. Longer than any call to Constant Contact, the wait for its slot included. */
  readonly claim: number;
  /** The deadline of a call to Constant Contact, in milliseconds. */
  readonly requestTimeout: number;
  /** How long an accepted job may take to show up in the list of jobs, in milliseconds. */
  readonly settle: number;
}

export type ImportBatch = Step<typeof importBatchInput, typeof importBatchResult>;

const refused: Reason = {
  code: 'import-refused',
  sentence:
    'Constant Contact refuses the import: the list may have been deleted, or a field may be unknown there. Check the export, then run it again.',
};

const goesOn = (run: Run): boolean => !run.cancelRequested && !run.reason && !isOver(run.status);

export function makeImportBatch(deps: ImportBatchDeps): ImportBatch {
  const { runs, imports, files, clock, log, claim, requestTimeout, settle } = deps;

  const settling = (until: number): Later => ({ kind: 'later', until: until + settle, why: 'settling' });

  /** Sends the file, or finds the job that it became by an earlier try. */
  async function send(run: Run, record: ImportRecord, inDoubt: boolean): Promise<ImportJob> {
    const constantContact = deps.constantContact(run.connectionId);
    const fileName = fileNameOf(run.id, record.batch, record.attempt);
    if (inDoubt) {
      const jobs = await constantContact.importJobs({ since: run.startedAt ?? run.createdAt });
      const found = jobs.find((job) => job.fileName === fileName);
      if (found) return found;
    }
    const manifest = await readManifest(files, folderOf(run.id));
    const entry = manifest?.batches[record.batch - 1];
    const listId = manifest?.settled?.listId ?? run.listId;
    if (!entry || !listId) throw new Error(`batch ${record.batch} of run ${run.id} is not prepared`);
    const csv = { bytes: entry.bytes, open: () => files.stream(entry.blob) };
    // A call begun later than this could outlive the claim.
    const startBy = record.until - requestTimeout;
    return constantContact.importContacts({ fileName, csv, listIds: [listId] }, { startBy });
  }

  /** Ends the claim: whoever comes next sends the file, or looks its name up first when this is in doubt. */
  const giveBack = (runId: string, held: Stored<ImportRecord>, inDoubt: boolean) =>
    imports.put(runId, held, { ...held.value, state: inDoubt ? 'claimed' : 'free', until: clock.now() });

  /** Decides what is next, and leaves the record so that whoever comes next does the right thing. */
  async function afterFailure(
    error: unknown,
    held: Stored<ImportRecord>,
    wasInDoubt: boolean,
    run: Run,
  ): Promise<Later | typeof stopped> {
    const { value: record } = held;
    const now = clock.now();
    const unseen = error instanceof ConstantContactError && error.outcomeUnknown;
    const inDoubt = wasInDoubt || unseen;
    const dimensions = {
      run: run.id,
      export: run.exportId,
      batch: record.batch,
      attempt: record.attempt,
      tries: record.tries,
    };
    log.warn('batch.not-sent', { ...dimensions, outcome: inDoubt ? 'unknown' : 'not-accepted' });
    // Only tries that fail for want of Constant Contact count: a batch may be put off as often as it takes.
    const counts = unseen || isAway(error);
    const tries = record.tries - (counts ? 0 : 1);
    await giveBack(run.id, { ...held, value: { ...record, tries } }, inDoubt);

    const remedy = remedyFor(error, now);
    if (remedy && 'kind' in remedy) return remedy;
    if (counts && record.tries < maxTries)
      return unseen ? settling(now) : { ...settling(now), why: whyAway(error).why };
    if (error instanceof ContentBrokenOff) throw error;
    let reason = remedy;
    if (counts) reason = unseen ? unavailable : whyAway(error).reason;
    else if (error instanceof NotFound || error instanceof RequestRefused) reason = refused;
    if (!reason) throw error;
    await runs.update(run.id, withReason(run, reason));
    return stopped;
  }

  return async ({ runId, batch, attempt }) => {
    const run = await runs.get(runId);
    if (!run || !goesOn(run)) return stopped;

    const before = await imports.get(runId, batch);
    const same = before?.value.attempt === attempt ? before.value : undefined;
    if (before && before.value.attempt > attempt) return { kind: 'sent' };
    if (same && same.state !== 'free' && same.state !== 'claimed') return { kind: 'sent' };
    if (same?.state === 'claimed' && clock.now() < same.until + settle) return settling(same.until);

    const owner = randomUUID();
    const until = clock.now() + claim;
    const tries = (same?.tries ?? 0) + 1;
    const fresh = { state: 'claimed', jobId: null, acceptedAt: null, ended: null, counters: null } as const;
    await imports.put(runId, before, { batch, attempt, tries, owner, until, ...fresh });
    // Read again rather than trust the answer: a write that the SDK repeated can look lost although it was ours.
    const held = await imports.get(runId, batch);
    if (held?.value.owner !== owner) return settling(clock.now());

    const inDoubt = same?.state === 'claimed';
    // Whoever ends a run says so in its row before it looks at the claims: one of the two sees the other.
    const still = await runs.get(runId);
    if (!still || !goesOn(still)) {
      // The rows of a run that is over have been removed, and nobody comes to remove this one.
      if (!still || isOver(still.status)) await imports.remove(runId, batch);
      else await giveBack(runId, held, inDoubt);
      return stopped;
    }
    let job: ImportJob;
    try {
      job = await send(run, held.value, inDoubt);
    } catch (error) {
      return afterFailure(error, held, inDoubt, run);
    }
    // Should this write be lost, the claim runs out, and the job is found by its name.
    await imports.put(runId, held, { ...held.value, state: 'open', jobId: job.id, acceptedAt: clock.now() });
    const event = {
      run: runId,
      export: run.exportId,
      connection: run.connectionId,
      batch,
      attempt,
      job: job.id,
    };
    log.info('batch.sent', event);
    return { kind: 'sent' };
  };
}
