// Segments in memory: rows of text by shard, and a place to step in while they are opened or read.
import type { RecordSink, Segment, Shard, ShardRecord } from '../../../shared/segments/segment';
import type { SegmentSource } from '../../../shared/segments/segment-source';
import { aSegment } from './fixtures';

export interface FakeSegments extends SegmentSource {
  /** By name. */
  segments: Map<string, Segment>;
  /** By the blob of the shard; `undefined` stands for a malformed row. */
  rows: Map<string, readonly (readonly string[] | undefined)[]>;
  /** May throw or wait. */
  beforeOpen: () => Promise<void> | void;
  /** Called before each row; may throw or wait. */
  beforeRow: (shard: Shard, row: number) => Promise<void> | void;
  opened: number;
}

/** One segment `customers` of one shard with these rows: CustomerId, Email, FirstName. */
export function makeFakeSegments(...rows: readonly (readonly string[] | undefined)[]): FakeSegments {
  const customers = aSegment('customers');
  const fake: FakeSegments = {
    segments: new Map([['customers', customers]]),
    rows: new Map([[customers.shards[0]!.blob, rows]]),
    beforeOpen: () => undefined,
    beforeRow: () => undefined,
    opened: 0,

    async open(names) {
      fake.opened += 1;
      await fake.beforeOpen();
      return names.map((name) => fake.segments.get(name) ?? aSegment(name));
    },
    async read(shard, columns, sink) {
      const positions = columns.map((column) => shard.columns?.indexOf(column) ?? -1);
      for (const [index, row] of (fake.rows.get(shard.blob) ?? []).entries()) {
        await fake.beforeRow(shard, index + 1);
        if (row)
          sink.record(
            recordOf(
              index + 1,
              positions.map((position) => row[position] ?? ''),
            ),
          );
        else sink.malformed(index + 1, 'wrong-width');
        await (sink satisfies RecordSink).drain();
      }
    },
    pointer: () => Promise.reject(new Error('not used')),
    catalogue: () => Promise.reject(new Error('not used')),
  };
  return fake;
}

function recordOf(row: number, values: readonly string[]): ShardRecord {
  const cells = values.map((value) => Buffer.from(value));
  const ends = Int32Array.from(cells.map((_, index) => Buffer.concat(cells.slice(0, index + 1)).length));
  const starts = Int32Array.from(cells.map((cell, index) => ends[index]! - cell.length));
  return { row, bytes: Buffer.concat(cells), starts, ends };
}
