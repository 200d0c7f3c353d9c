// Decides about each record of the shards: contact, duplicate or rejected. The first valid row of an address wins.
import type { RecordSink, Segment, Shard } from '../segments/segment';
import { makeAddressSet, type AddressSet } from './address-set';
import type { AskedColumns } from './asked-columns';
import type { ContactRow } from './contact-row';
import type { Placement } from './placement';
import type { RejectsFile } from './rejects-file';
import type { Tally } from './tally';

/** Rows between two looks at whether to go on: about a tenth of a second's work. */
const rowsBetweenCheckpoints = 50_000;
/** Above the limit contacts are only counted, up to this many times the limit: that tells how far off it is, in bounded memory. */
const countedBeyond = 3;
/** Of a row, for a first guess at how many there are. */
const usualRowBytes = 64;

/** Ends the reading of shards when it is settled that nothing will be sent. */
export class StopReading extends Error {
  readonly code = 'stop-reading';
  constructor() {
    super('there is no need to read on');
  }
}

export interface Sorting {
  /** What to hand to the reader for this shard. */
  sink(segment: Segment, shard: Shard, asked: AskedColumns): RecordSink;
  /** Distinct valid addresses so far; above the limit their rows are no longer placed. */
  readonly contacts: number;
  /** Nothing more is read; gives memory back. No look at whether to go on is under way from then on. Never throws. */
  end(): Promise<void>;
}

export interface SortingParts {
  readonly row: ContactRow;
  readonly placement: Placement;
  readonly rejects: RejectsFile;
  readonly tally: Tally;
  readonly maxContacts: number;
  readonly emailColumn: string;
  /** Bytes of all shards. */
  readonly bytes: number;
  drain(): Promise<void>;
  checkpoint(): Promise<void>;
}

export function makeSorting(parts: SortingParts): Sorting {
  const { row, placement, rejects, tally, maxContacts, emailColumn } = parts;
  const seen: AddressSet = makeAddressSet(Math.min(maxContacts, parts.bytes / usualRowBytes));
  let rowsToCheckpoint = rowsBetweenCheckpoints;
  /** Reading goes on meanwhile; what the look throws stops it a chunk or so later. */
  let look: Promise<void> | undefined;
  let stop: { readonly error: unknown } | undefined;

  return {
    get contacts() {
      return seen.size;
    },
    async end() {
      seen.end();
      await look;
    },

    sink(segment, shard, { profileId, fields }) {
      const counts = tally.shard(segment.name, shard.name);
      const place = { segment: segment.name, shard: shard.name };
      return {
        record(record) {
          const { bytes, starts, ends } = record;
          counts.read++;
          rowsToCheckpoint--;
          const from = starts[0] as number;
          const to = ends[0] as number;
          const reason = row.takeAddress(bytes, from, to);
          if (reason !== undefined) {
            counts.rejected++;
            tally.reason(reason);
            rejects.add({
              ...place,
              row: record.row,
              column: emailColumn,
              reason,
              profileId: profileId < 0 ? '' : bytes.toString('utf8', starts[profileId], ends[profileId]),
              address: bytes.toString('utf8', from, to),
            });
            return;
          }
          if (!seen.add(row.bytes, row.words, row.addressEnd)) {
            counts.duplicate++;
            return;
          }
          counts.contacts++;
          if (seen.size <= maxContacts) {
            row.takeValues(record, fields);
            placement.add(row);
          } else if (seen.size > maxContacts * countedBeyond) {
            throw new StopReading();
          }
        },

        malformed(rowNumber, reason) {
          counts.read++;
          rowsToCheckpoint--;
          counts.rejected++;
          counts.malformed++;
          tally.reason(reason);
          rejects.add({ ...place, row: rowNumber, column: '', reason, profileId: '', address: '' });
        },

        async drain() {
          await parts.drain();
          if (stop) throw stop.error;
          if (rowsToCheckpoint > 0 || look) return;
          rowsToCheckpoint = rowsBetweenCheckpoints;
          look = parts.checkpoint().then(
            () => (look = undefined),
            (error: unknown) => void (stop = { error }),
          );
        },
      };
    },
  };
}
