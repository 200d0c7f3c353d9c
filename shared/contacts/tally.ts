// Counts what becomes of every row, by segment, shard and reason.
import type { Manifest } from './manifest';
import type { MalformedRows } from './refusal';
import type { RejectReason } from './rejects-file';

export type Counts = Manifest['counts'];

/** A fault of this code, never of the data: a row went missing or was counted twice. */
export class CountsDoNotAddUp extends Error {
  readonly code = 'counts-do-not-add-up';
  constructor(
    readonly counts: Readonly<Counts>,
    readonly contactsInFiles: number,
  ) {
    super('the counts of a run do not add up to the rows read');
  }
}

/** The counts of one shard, to be counted up by who reads it. */
export interface ShardTally extends Counts {
  readonly segment: string;
  readonly shard: string;
  malformed: number;
}

export interface Tally {
  /** Begins a shard. */
  shard(segment: string, shard: string): ShardTally;
  /** Counts a reason. */
  reason(reason: RejectReason): void;
  readonly byReason: Readonly<Record<string, number>>;
  total(): Counts;
  segments(): Manifest['segments'];
  /** The malformed rows, and the shard that has most of them; `undefined` when there are none. */
  malformedRows(): MalformedRows | undefined;
  /**
   * @param contactsInFiles lines of the files that bring contacts to the list.
   * @throws {CountsDoNotAddUp}
   */
  check(contactsInFiles: number): void;
}

function sum(shards: readonly Counts[]): Counts {
  const counts: Counts = { read: 0, contacts: 0, duplicate: 0, rejected: 0 };
  for (const shard of shards) {
    counts.read += shard.read;
    counts.contacts += shard.contacts;
    counts.duplicate += shard.duplicate;
    counts.rejected += shard.rejected;
  }
  return counts;
}

/** @param names of the segments, in their order. */
export function makeTally(names: readonly string[]): Tally {
  const shards: ShardTally[] = [];
  const byReason: Partial<Record<RejectReason, number>> = {};

  const tally: Tally = {
    shard(segment, shard) {
      const counts = { segment, shard, read: 0, contacts: 0, duplicate: 0, rejected: 0, malformed: 0 };
      shards.push(counts);
      return counts;
    },
    reason(reason) {
      byReason[reason] = (byReason[reason] ?? 0) + 1;
    },
    byReason,
    total: () => sum(shards),
    segments: () =>
      names.map((name) => ({ name, counts: sum(shards.filter(({ segment }) => segment === name)) })),
    malformedRows() {
      const [worst] = shards
        .filter(({ malformed }) => malformed > 0)
        .sort((a, b) => b.malformed - a.malformed);
      return (
        worst && {
          malformed: shards.reduce((count, { malformed }) => count + malformed, 0),
          read: tally.total().read,
          segment: worst.segment,
          shard: worst.shard,
          malformedInShard: worst.malformed,
          readInShard: worst.read,
        }
      );
    },
    check(contactsInFiles) {
      const counts = tally.total();
      const { read, contacts, duplicate, rejected } = counts;
      const rejectedByReason = Object.values(byReason).reduce((count, more) => count + more, 0);
      if (
        read !== contacts + duplicate + rejected ||
        rejected !== rejectedByReason ||
        contacts !== contactsInFiles
      ) {
        throw new CountsDoNotAddUp(counts, contactsInFiles);
      }
    },
  };
  return tally;
}
