// Closes a run in repeatable steps: report, final row and release of the export, removal of what was temporary. Or puts it off, when it
// failed for a cause that passes.
import { randomUUID } from 'node:crypto';
import { readManifest, type Manifest } from '../contacts/manifest';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Stored } from '../platform/tables';
import { account, verdict, type Account } from './accounting';
import { completeRejects } from './complete-rejects';
import { finalRow } from './final-row';
import type { ImportRecord } from './import-record';
import type { ImportStore } from './import-store';
import type { Leftovers } from './leftovers';
import { whileRetrying } from './passing';
import { keyVaultRefused, unavailable } from './remedy';
import { fates, settledEnd, settleReport, type End } from './report';
import { folderOf, isOver, type Reason, type Run } from './run';
import type { RunStore } from './run-store';
import type { Closing, closeRunInput, closeRunResult, Step } from './steps';
import { tellChange, tellEnd } from './tell-end';

export interface CloseRunDeps {
  readonly runs: RunStore;
  readonly imports: ImportStore;
  readonly files: BlobStore;
  readonly leftovers: Leftovers;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a run waits that failed for a cause that passes, in milliseconds, one try after another; then it fails for good. */
  readonly retryPauses: readonly number[];
}

export type CloseRun = Step<typeof closeRunInput, typeof closeRunResult>;

const closed = { kind: 'closed' } as const;

const retryOf = ({ retryAt, createdAt }: Run) =>
  ({ kind: 'retry', until: Date.parse(retryAt ?? createdAt) }) as const;

const closingReasons: Readonly<Record<Closing, Reason | null>> = {
  done: null,
  changing: {
    code: 'segment-changing',
    sentence:
      'The files of the segment kept changing, or were missing, while they were read, so nothing was sent. Run the export when the segment has been written.',
  },
  away: unavailable,
  'no-secrets': keyVaultRefused,
  broken: {
    code: 'internal',
    sentence:
      'A part of the app failed again and again; the log says which. Run the export again, or ask an operator.',
  },
};

/** Of the first try one knows more. */
const neverReached: Reason = {
  code: unavailable.code,
  sentence:
    'Constant Contact could not be reached, or answered with faults, again and again. Nothing was sent. Run the export again later.',
};

export function makeCloseRun(deps: CloseRunDeps): CloseRun {
  const { runs, imports, files, leftovers, clock, log, retryPauses } = deps;

  return async ({ runId, reason, tries, phases = null, requests = null }) => {
    const endedBy = randomUUID();
    const found = await runs.get(runId);
    if (!found) return closed;
    // This try has been closed, and the run goes on, or has been on since.
    const goesOn = (run: Run) => run.tries > (tries ?? found.tries) && !isOver(run.status);
    if (goesOn(found)) return retryOf(found);
    // The reason first: who still works on a batch claims it before and looks at the run after, so that no claim is missed below.
    const closingReason = reason === 'away' && found.tries === 0 ? neverReached : closingReasons[reason];
    const isOfThisTry = (run: Run) => run.tries === found.tries;
    let run = await runs.update(runId, (before) =>
      isOfThisTry(before)
        ? // One that waits has a reason that says so.
          { ...before, reason: (before.retryAt ? null : before.reason) ?? closingReason }
        : before,
    );
    if (goesOn(run)) return retryOf(run);
    const manifest = await readManifest(files, folderOf(runId));
    const stored = await imports.all(runId);
    const records = stored.map(({ value }) => value);

    if (!isOver(run.status)) {
      const sum = manifest ? account(manifest, records) : null;
      // After the records: who has closed the run, and removed them, has left a report before.
      let end = await settledEnd(files, run);
      const pause = end ? undefined : retryPauses[tries ?? Infinity];
      if (pause !== undefined) run = await putOff(run, sum, stored, pause);
      if (goesOn(run)) return retryOf(run);

      end ??= await settle(run, manifest, records, sum, { phases, requests });
      const ended = { ...end, ...manifest?.settled, retryAt: null, endedBy };
      await leftovers.expect(runId);
      run = await runs.finish(runId, (before) =>
        isOfThisTry(before) ? finalRow({ ...before, ...ended }) : before,
      );
      // Another execution of this step has put it off, long ago.
      if (!isOver(run.status)) return retryOf(run);
      if (run.endedBy === endedBy) tellEnd(deps, run);
    }
    await tellChange(deps, run);
    await leftovers.clean(run);
    return closed;
  };

  /** @returns how the run ends: as found here, unless another execution has settled it meanwhile. */
  async function settle(
    run: Run,
    manifest: Manifest | undefined,
    records: readonly ImportRecord[],
    sum: Account | null,
    told: Pick<End, 'phases' | 'requests'>,
  ): Promise<End> {
    const isOn = async () => {
      const now = await runs.get(run.id);
      return now !== undefined && !isOver(now.status);
    };
    const batches = manifest ? fates(manifest, records) : [];
    const end: End = {
      ...ending(run, sum),
      ...told,
      endedAt: new Date(clock.now()).toISOString(),
      rejectedByReason: manifest?.rejectedByReason ?? run.rejectedByReason,
      cutByField: manifest?.cutByField ?? run.cutByField,
      rejects: manifest ? await completeRejects(files, run.id, manifest, records, isOn) : run.rejects,
      batchesLeft: manifest ? batches.filter(({ state }) => state !== 'completed').length : null,
    };
    const shown = { ...run, ...manifest?.settled, retryAt: null };
    return settleReport(files, shown, end, { segments: manifest?.segments ?? [], batches });
  }

  /** Puts the run off, if it failed for a cause that passes. @returns the run as it is then. */
  async function putOff(
    run: Run,
    sum: Account | null,
    records: readonly Stored<ImportRecord>[],
    pause: number,
  ): Promise<Run> {
    const { status, reason } = ending(run, sum);
    const until = clock.now() + pause;
    const shown = status === 'Failed' && reason ? whileRetrying(reason, until) : undefined;
    if (!shown) return run;
    // What counts against an attempt is what went wrong in one try of the run.
    for (const record of records) {
      if (record.value.tries > 0 && (record.value.state === 'free' || record.value.state === 'claimed'))
        await imports.put(run.id, record, { ...record.value, tries: 0 });
    }
    const after = await runs.update(run.id, (before) =>
      before.tries === run.tries && !before.cancelRequested
        ? {
            ...before,
            status: 'Failed (retrying)',
            reason: shown,
            counts: sum?.counts ?? null,
            tries: run.tries + 1,
            retryAt: new Date(until).toISOString(),
          }
        : before,
    );
    if (after.status === 'Failed (retrying)') {
      log.warn('run.retrying', {
        run: run.id,
        export: run.exportId,
        connection: run.connectionId,
        reason: shown.code,
        tries: after.tries,
        until: after.retryAt ?? undefined,
        seconds: Math.round(pause / 1000),
      });
    }
    return after;
  }

  function ending(run: Run, sum: Account | null): Pick<Run, 'status' | 'reason' | 'counts' | 'warnings'> {
    return {
      ...verdict({ cancelRequested: run.cancelRequested, reason: run.reason, account: sum }),
      counts: sum?.counts ?? run.counts,
      warnings: [...(sum?.warnings ?? [])],
    };
  }
}
