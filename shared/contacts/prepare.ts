// From the shards of a run to its batch files, its rejects file and its manifest. It can be run again, and by two at once: the
// first manifest makes its execution the run's; the others find it and leave nothing behind.
import type { BlobStore } from '../platform/blobs';
import type { RecordSink, Segment, Shard } from '../segments/segment';
import { askedColumns } from './asked-columns';
import { makeBatchFiles, TooManyImportJobs } from './batch-files';
import { planColumns } from './columns-plan';
import { makeContactRow } from './contact-row';
import { readManifest, removeQuietly, settleManifest, type Manifest, type Settled } from './manifest';
import type { Mapping } from './mapping';
import { makeOutgoing } from './outgoing';
import { makePlacement } from './placement';
import { tooManyContacts, tooManyImportJobs, tooManyMalformedRows, type Refusal } from './refusal';
import { makeRejectsFile } from './rejects-file';
import { makeSorting, StopReading } from './sorting';
import { makeTally } from './tally';

export interface PrepareDeps {
  /** Reads one shard; its errors pass through. A throw of the sink ends the read. */
  read(shard: Shard, columns: readonly string[], sink: RecordSink): Promise<void>;
  readonly store: BlobStore;
  /** Called now and then while reading goes on, once at a time, and at the end; throws to stop. */
  checkpoint?(): Promise<void>;
}

export interface PrepareInput {
  readonly runId: string;
  /** A name that no other execution of this run has; it is part of blob names. */
  readonly execution: string;
  /** What these segments are sent as: into the manifest. */
  readonly settled?: Settled;
  /** In the order that decides which of several rows with one address is taken. */
  readonly segments: readonly Segment[];
  readonly mapping: Mapping;
  readonly limits: {
    readonly maxContacts: number;
    /** Of malformed rows among those read, from 0 to 1. */
    readonly maxMalformedShare: number;
  };
  /** Whether the rejects file shows addresses in full. */
  readonly addressesInClear: boolean;
  /** The run's folder in the store, ending in `/`. */
  readonly folder: string;
}

export type PrepareResult = { readonly kind: 'prepared'; readonly manifest: Manifest } | Refused;

/** Nothing is to be sent. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: Refusal;
  /** The blob of the rejects file: every rejected row up to where reading stopped. */
  readonly rejects: string;
  /** Of all rows; absent when reading stopped before the end. */
  readonly counted?: Pick<Manifest, 'counts' | 'rejectedByReason'>;
}

export async function prepare(deps: PrepareDeps, input: PrepareInput): Promise<PrepareResult> {
  const { store } = deps;
  const { folder, execution } = input;
  const earlier = await readManifest(store, folder);
  if (earlier) return { kind: 'prepared', manifest: earlier };

  const own = `${folder}${execution}/`;
  let written: Manifest | Refused;
  try {
    written = await writeFiles(deps, input, own);
    await deps.checkpoint?.();
  } catch (error) {
    await removeQuietly(store, own);
    throw error;
  }
  if ('kind' in written) {
    await removeQuietly(store, batchPrefix(own));
    return written;
  }

  return { kind: 'prepared', manifest: await settleManifest(store, folder, own, written) };
}

const batchPrefix = (own: string) => `${own}batch-`;
const rejectsName = (own: string) => `${own}rejects.csv`;

/** Reads everything and writes all files but the manifest. Requests are over when it returns or throws. */
async function writeFiles(deps: PrepareDeps, input: PrepareInput, own: string): Promise<Manifest | Refused> {
  const { segments, mapping, limits } = input;
  const plan = planColumns(mapping);
  const outgoing = { batches: makeOutgoing(deps.store), rejects: makeOutgoing(deps.store) };
  const files = makeBatchFiles(outgoing.batches, batchPrefix(own));
  const rejects = makeRejectsFile(outgoing.rejects, rejectsName(own), input.addressesInClear);
  const placement = makePlacement(plan, files);
  const tally = makeTally(segments.map(({ name }) => name));
  const row = makeContactRow(plan);
  const sorting = makeSorting({
    row,
    placement,
    rejects,
    tally,
    maxContacts: limits.maxContacts,
    emailColumn: mapping.email,
    bytes: segments.flatMap(({ shards }) => shards).reduce((sum, { bytes }) => sum + bytes, 0),
    async drain() {
      await files.drain();
      await rejects.drain();
    },
    async checkpoint() {
      await deps.checkpoint?.();
    },
  });

  /** @returns why nothing is to be sent, if that is settled. */
  const readAll = async (): Promise<Refusal | undefined> => {
    try {
      for (const segment of segments) {
        for (const shard of segment.shards) {
          const asked = askedColumns(mapping, plan, segments, segment, shard);
          await deps.read(shard, asked.columns, sorting.sink(segment, shard, asked));
        }
      }
      placement.end();
    } catch (error) {
      if (error instanceof StopReading)
        return tooManyContacts(sorting.contacts - 1, limits.maxContacts, false);
      if (error instanceof TooManyImportJobs) return tooManyImportJobs(plan.fields.length);
      throw error;
    }
    const malformed = tally.malformedRows();
    if (malformed && malformed.malformed > malformed.read * limits.maxMalformedShare) {
      return tooManyMalformedRows(malformed, limits.maxMalformedShare);
    }
    if (sorting.contacts > limits.maxContacts)
      return tooManyContacts(sorting.contacts, limits.maxContacts, true);
    return undefined;
  };

  try {
    const reason = await readAll();
    if (reason) {
      await outgoing.batches.abandon();
      await rejects.finish();
      const refused = { kind: 'refused', reason, rejects: rejects.blob } as const;
      const counted = { counts: tally.total(), rejectedByReason: tally.byReason };
      return isOfAllRows(reason) ? { ...refused, counted } : refused;
    }
    const batches = await files.finish();
    await rejects.finish();
    const inWave0 = batches.filter(({ wave }) => wave === 0).reduce((sum, { contacts }) => sum + contacts, 0);
    tally.check(inWave0);
    return {
      runId: input.runId,
      execution: input.execution,
      ...(input.settled && { settled: input.settled }),
      counts: tally.total(),
      segments: tally.segments(),
      rejectedByReason: tally.byReason,
      cutByField: byField(plan.fields, row.cut),
      ...(row.leftOut.some((count) => count > 0) && { leftOutByField: byField(plan.fields, row.leftOut) }),
      addressesInClear: input.addressesInClear,
      batches,
      rejects: rejects.blob,
    };
  } catch (error) {
    await outgoing.batches.abandon();
    await outgoing.rejects.abandon();
    throw error;
  } finally {
    await sorting.end();
  }
}

/** Whether the rows were read to the end before this was settled. */
const isOfAllRows = (reason: Refusal) =>
  reason.code === 'too-many-malformed-rows' || (reason.code === 'too-many-contacts' && reason.countedAll);

const byField = (fields: readonly { readonly name: string }[], counts: Int32Array): Record<string, number> =>
  Object.fromEntries(fields.flatMap(({ name }, index) => (counts[index] ? [[name, counts[index]]] : [])));
