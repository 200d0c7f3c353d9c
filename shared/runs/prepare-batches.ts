// Prepares a run: reads the pinned shards and writes its batch files, its rejects file and its manifest.
import { randomUUID } from 'node:crypto';
import { manifestName } from '../contacts/manifest';
import { prepare } from '../contacts/prepare';
import type { BlobStore } from '../platform/blobs';
import type { Log } from '../platform/log';
import { SegmentFault, ShardChanged } from '../segments/errors';
import type { RowCounts } from '../segments/row-counts';
import type { SegmentSource } from '../segments/segment-source';
import { countsOfNothingSent } from './accounting';
import { readPlan } from './plan';
import { folderOf, isOver, rejectsBlob } from './run';
import type { RunStore } from './run-store';
import { type prepareBatchesInput, type prepareBatchesResult, stopped, type Step } from './steps';

export interface PrepareBatchesDeps {
  readonly runs: RunStore;
  readonly segments: SegmentSource;
  readonly rowCounts: RowCounts;
  readonly files: BlobStore;
  readonly log: Log;
  readonly limits: { readonly maxContacts: number; readonly maxMalformedShare: number };
}

export type PrepareBatches = Step<typeof prepareBatchesInput, typeof prepareBatchesResult>;

class Canceled extends Error {
  readonly code = 'canceled';
}

export function makePrepareBatches({
  runs,
  segments,
  rowCounts,
  files,
  log,
  limits,
}: PrepareBatchesDeps): PrepareBatches {
  return async ({ runId, round }) => {
    const run = await runs.get(runId);
    if (!run || run.cancelRequested || isOver(run.status)) return stopped;
    const plan = await readPlan(files, runId, round);

    try {
      const result = await prepare(
        {
          read: (shard, columns, sink) => segments.read(shard, columns, sink),
          store: files,
          checkpoint: async () => {
            if ((await runs.get(runId))?.cancelRequested) throw new Canceled();
          },
        },
        {
          runId,
          execution: randomUUID(),
          segments: plan.segments,
          mapping: plan.mapping,
          limits,
          addressesInClear: plan.addressesInClear,
          folder: folderOf(runId),
        },
      );
      if (result.kind === 'refused') {
        const { reason, rejects, counted } = result;
        const { code, sentence } = reason;
        const after = await runs.update(runId, (before) => ({
          ...before,
          reason: { code, sentence },
          rejects,
          counts: counted ? countsOfNothingSent(counted.counts) : null,
          rejectedByReason: counted?.rejectedByReason ?? null,
        }));
        // Too late: the run has been closed, and nobody comes to remove this one.
        if (isOver(after.status) && after.rejects !== rejects) await files.remove(rejects);
        return stopped;
      }
      const { manifest } = result;
      const now = await runs.get(runId);
      if (!now || isOver(now.status)) {
        // Too late as well. A run that was closed without a manifest has no use for this one; else its row names a file of it.
        if (now?.rejects !== manifest.rejects && now?.rejects !== rejectsBlob(runId)) {
          await files.remove(manifestName(folderOf(runId)));
          await files.removeAll(`${folderOf(runId)}${manifest.execution}/`);
        }
        return stopped;
      }
      const waves: number[] = [];
      for (const { wave } of manifest.batches) {
        while (waves.length <= wave) waves.push(0);
        waves[wave] = (waves[wave] ?? 0) + 1;
      }
      for (const { name, pointer } of plan.segments) {
        const rows = manifest.segments.find((segment) => segment.name === name)?.counts.read;
        if (rows !== undefined) await rowCounts.note(name, pointer, rows);
      }
      log.info('run.prepared', { run: runId, ...manifest.counts, batches: manifest.batches.length });
      return {
        kind: 'prepared',
        waves,
        contacts: manifest.counts.contacts,
      };
    } catch (error) {
      if (error instanceof Canceled) return stopped;
      if (error instanceof ShardChanged) {
        log.warn('run.segment-changed', { run: runId, round });
        return { kind: 'changed' };
      }
      if (error instanceof SegmentFault) {
        const reason = { code: error.code, sentence: error.message };
        await runs.update(runId, (before) => ({ ...before, reason }));
        return stopped;
      }
      throw error;
    }
  };
}
