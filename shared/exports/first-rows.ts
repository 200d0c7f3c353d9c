// Reads the first rows of a segment: a look at it, never the whole download.
import type { RecordSink, Segment, Shard } from '../segments/segment';
import type { SegmentSource } from '../segments/segment-source';

/** Whichever comes first ends the look. */
export interface Look {
  readonly rows: number;
  /** Unpacked; also where a file has no rows at all. */
  readonly bytes: number;
}

/** Enough rows to see what share of them is malformed. */
export const usualLook: Look = { rows: 1_000, bytes: 4 * 1024 * 1024 };

class SeenEnough extends Error {
  constructor() {
    super('the look is over');
  }
}

/**
 * Hands the first rows to the sink of their shard; shards follow one another until there are enough rows.
 * @throws {SegmentFault} @throws {ShardChanged}
 */
export async function readFirstRows(
  source: Pick<SegmentSource, 'read'>,
  segment: Segment,
  look: Look,
  open: (shard: Shard) => { columns: readonly string[]; sink: Pick<RecordSink, 'record' | 'malformed'> },
): Promise<void> {
  let rows = 0;
  let bytes = 0;
  const count = () => {
    if (++rows > look.rows) throw new SeenEnough();
  };
  try {
    for (const shard of segment.shards) {
      const { columns, sink } = open(shard);
      await source.read(shard, columns, {
        record(record) {
          count();
          sink.record(record);
        },
        malformed(row, why) {
          count();
          sink.malformed(row, why);
        },
        drain(read = 0) {
          bytes += read;
          return bytes < look.bytes ? Promise.resolve() : Promise.reject(new SeenEnough());
        },
      });
    }
  } catch (error) {
    if (!(error instanceof SeenEnough)) throw error;
  }
}
