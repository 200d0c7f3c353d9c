// Prepares a run: reads the pinned shards and writes its batch files, its rejects file and its manifest; or takes over the batches that
// an earlier run left.
import { randomUUID } from 'node:crypto';
import { manifestName, readManifest, type Manifest } from '../contacts/manifest';
import { prepare } from '../contacts/prepare';
import type { ExportStore } from '../exports/export-store';
import type { BlobStore } from '../platform/blobs';
import type { Log } from '../platform/log';
import { SegmentFault, ShardChanged } from '../segments/errors';
import { pickByName } from '../segments/pick-by-name';
import type { RowCounts } from '../segments/row-counts';
import type { SegmentSource } from '../segments/segment-source';
import { countsOfNothingSent } from './accounting';
import { readPlan, settledBy, type Plan } from './plan';
import { filesGone, takeOver } from './retry-files';
import { folderOf, isOver, rejectsBlob, type Run } from './run';
import type { RunStore } from './run-store';
import { type prepareBatchesInput, type prepareBatchesResult, stopped, type Step } from './steps';

export interface PrepareBatchesDeps {
  readonly runs: RunStore;
  readonly exports: Pick<ExportStore, 'get'>;
  readonly segments: SegmentSource;
  readonly rowCounts: RowCounts;
  readonly files: BlobStore;
  readonly log: Log;
  readonly limits: { readonly maxContacts: number; readonly maxMalformedShare: number };
}

export type PrepareBatches = Step<typeof prepareBatchesInput, typeof prepareBatchesResult>;

/** Of which try and round an execution is. */
interface At {
  readonly tries: number;
  readonly round: number;
}

const isAt = (run: Run, { tries, round }: At): boolean => run.tries === tries && run.round <= round;

/** The pointers are by the export's spelling of the segments. */
function pointerOf({ settled }: Manifest, segment: string): string | undefined {
  const [names, pointers] = [Object.keys(settled?.pointers ?? {}), Object.values(settled?.pointers ?? {})];
  const index = pickByName(names, segment);
  return typeof index === 'number' ? pointers[index] : undefined;
}

/** Somebody cancelled the run, or this execution is of a try or a round before. */
class Stopped extends Error {
  readonly code = 'stopped';
}

export function makePrepareBatches(deps: PrepareBatchesDeps): PrepareBatches {
  const { runs, exports, segments, rowCounts, files, log, limits } = deps;

  /** @returns `undefined` when nothing is to be sent; the run's row says why. */
  async function fromSegments(
    run: Run,
    at: At,
    plan: Plan,
    checkpoint: () => Promise<void>,
  ): Promise<Manifest | undefined> {
    const { addressesInClear, contactLimit, mapping } = plan;
    const maxContacts = Math.min(limits.maxContacts, contactLimit ?? Infinity);
    const result = await prepare(
      { read: (shard, columns, sink) => segments.read(shard, columns, sink), store: files, checkpoint },
      {
        runId: run.id,
        execution: randomUUID(),
        settled: settledBy(run.connectionId, plan),
        segments: plan.segments,
        mapping,
        limits: { ...limits, maxContacts },
        addressesInClear,
        folder: folderOf(run.id),
      },
    );
    if (result.kind === 'prepared') return result.manifest;
    const { reason, rejects, counted } = result;
    const { code, sentence } = reason;
    const after = await stop(run.id, at, {
      reason: { code, sentence },
      rejects,
      counts: counted ? countsOfNothingSent(counted.counts) : null,
      rejectedByReason: counted?.rejectedByReason ?? null,
    });
    // Too late: the run goes on by other files, or has been closed, and nobody comes to remove this one.
    if (after.rejects !== rejects) await files.remove(rejects);
    return undefined;
  }

  async function fromRun(
    { id: runId, exportId, retryOf }: Run,
    at: At,
    checkpoint: () => Promise<void>,
  ): Promise<Manifest | undefined> {
    const addressesInClear = (await exports.get(exportId))?.value.addressesInClear ?? false;
    const execution = randomUUID();
    const manifest =
      retryOf === null
        ? undefined
        : await takeOver(files, { runId, retryOf, execution, addressesInClear, checkpoint });
    if (!manifest) await stop(runId, at, { reason: filesGone });
    return manifest;
  }

  /** Says in the row why nothing is sent; no effect once the run is prepared, or opened anew. */
  const stop = (runId: string, at: At, change: Partial<Run>): Promise<Run> =>
    runs.update(runId, (before) =>
      isAt(before, at) && !before.prepared ? { ...before, ...change } : before,
    );

  /** @returns this result, unless another execution has prepared the run: then nothing stops it any more. */
  async function unlessPrepared<R>(runId: string, result: R): Promise<R | ReturnType<typeof prepared>> {
    const now = await runs.get(runId);
    const isPrepared = now?.prepared === true && !isOver(now.status);
    const manifest = isPrepared ? await readManifest(files, folderOf(runId)) : undefined;
    return manifest ? prepared(manifest) : result;
  }

  /** Makes the row say what the manifest has settled, whatever was opened since. @returns the row, unless it is gone. */
  async function note(runId: string, { settled }: Manifest): Promise<Run | undefined> {
    const known = await runs.get(runId);
    return known && runs.update(runId, (before) => ({ ...before, ...settled, prepared: true }));
  }

  /** What others learn of a run that is prepared. */
  async function tell(run: Run, manifest: Manifest): Promise<void> {
    const of = { run: run.id, export: run.exportId, connection: run.connectionId };
    for (const { name, counts } of manifest.segments) {
      const pointer = pointerOf(manifest, name);
      if (pointer !== undefined) await rowCounts.note(name, pointer, counts.read);
      log.info('run.segment-prepared', { ...of, segment: name, ...counts });
    }
    log.info('run.prepared', { ...of, ...manifest.counts, batches: manifest.batches.length });
  }

  return async ({ runId, round, tries = 0 }) => {
    const at = { tries, round };
    const run = await runs.get(runId);
    if (!run || run.cancelRequested || !isAt(run, at) || isOver(run.status)) return stopped;
    const checkpoint = async () => {
      const now = await runs.get(runId);
      if (!now || now.cancelRequested || !isAt(now, at)) throw new Stopped();
    };

    try {
      const earlier = tries > 0 ? await readManifest(files, folderOf(runId)) : undefined;
      if (earlier) {
        await note(runId, earlier);
        return prepared(earlier);
      }
      const plan = run.retryOf === null ? await readPlan(files, runId, round) : undefined;
      const manifest = await (plan ? fromSegments(run, at, plan, checkpoint) : fromRun(run, at, checkpoint));
      if (!manifest) return await unlessPrepared(runId, stopped);
      const now = await note(runId, manifest);
      if (!now || isOver(now.status)) {
        // Too late as well. A run that was closed without a manifest has no use for this one; else its row names a file of it.
        if (now?.rejects !== manifest.rejects && now?.rejects !== rejectsBlob(runId)) {
          await files.remove(manifestName(folderOf(runId)));
          await files.removeAll(`${folderOf(runId)}${manifest.execution}/`);
        }
        return stopped;
      }
      await tell(run, manifest);
      return prepared(manifest);
    } catch (error) {
      if (error instanceof Stopped) return stopped;
      if (error instanceof ShardChanged) {
        const result = await unlessPrepared(runId, { kind: 'changed' as const });
        if (result.kind === 'changed')
          log.warn('run.segment-changed', { run: runId, export: run.exportId, round });
        return result;
      }
      if (error instanceof SegmentFault) {
        await stop(runId, at, { reason: { code: error.code, sentence: error.message } });
        return unlessPrepared(runId, stopped);
      }
      throw error;
    }
  };
}

/** What the orchestration needs to know of it. */
function prepared({ batches, counts }: Manifest) {
  const waves: number[] = [];
  for (const { wave } of batches) {
    while (waves.length <= wave) waves.push(0);
    waves[wave] = (waves[wave] ?? 0) + 1;
  }
  return { kind: 'prepared' as const, waves, contacts: counts.contacts };
}
