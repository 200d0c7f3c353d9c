// Segments out of plain arrays, and a reader that hands their rows over as the real one does: a view that is used again.
import { setImmediate } from 'node:timers/promises';
import type { Malformation, RecordSink, Segment, Shard } from '../../shared/segments/segment';

export type Row = readonly string[] | { readonly malformed: Malformation };

export interface SegmentRows {
  readonly name: string;
  readonly columns: readonly string[];
  readonly shards: readonly {
    readonly name: string;
    readonly columns?: readonly string[];
    readonly rows: readonly Row[];
  }[];
}

export interface Feeder {
  readonly segments: Segment[];
  /** What was asked for, shard by shard. */
  readonly asked: { readonly shard: string; readonly columns: readonly string[] }[];
  read(shard: Shard, columns: readonly string[], sink: RecordSink): Promise<void>;
}

export function feed(segments: readonly SegmentRows[], rowsPerChunk = 500): Feeder {
  const rowsOf = new Map<string, readonly Row[]>();
  const asked: Feeder['asked'] = [];
  return {
    asked,
    segments: segments.map(({ name, columns, shards }) => ({
      name,
      columns,
      pointer: 'pointer',
      lastRefreshed: '2026-01-02T03:04:05Z',
      shards: shards.map((shard): Shard => {
        const blob = `${name}/${shard.name}`;
        rowsOf.set(blob, shard.rows);
        return {
          segment: name,
          name: shard.name,
          blob,
          etag: '"1"',
          bytes: shard.rows.length * 50,
          columns: shard.columns ?? columns,
          dialect: {
            delimiter: ',',
            quotes: 'always',
            backslashEscapes: false,
            header: true,
            encoding: 'utf-8',
          },
        };
      }),
    })),

    async read(shard, columns, sink) {
      asked.push({ shard: shard.name, columns });
      const places = columns.map((column) => {
        const place = shard.columns?.indexOf(column) ?? -1;
        if (place < 0) throw new Error(`shard ${shard.name} has no column ${column}`);
        return place;
      });
      const record = {
        row: 0,
        bytes: Buffer.alloc(0),
        starts: new Int32Array(columns.length),
        ends: new Int32Array(columns.length),
      };
      for (const row of rowsOf.get(shard.blob) ?? []) {
        record.row++;
        if ('malformed' in row) {
          sink.malformed(record.row, row.malformed);
        } else {
          const values = places.map((place) => Buffer.from(row[place] ?? ''));
          let end = 3; // Values do not start where the bytes start.
          record.bytes = Buffer.alloc(
            values.reduce((sum, { length }) => sum + length + 1, end),
            '#',
          );
          values.forEach((value, index) => {
            record.starts[index] = end;
            end += value.copy(record.bytes, end);
            record.ends[index] = end++;
          });
          sink.record(record);
          record.bytes.fill('!');
        }
        if (record.row % rowsPerChunk === 0) {
          await setImmediate();
          await sink.drain();
        }
      }
      await sink.drain();
    },
  };
}

/** One segment of one shard. */
export const oneShard = (columns: readonly string[], rows: readonly Row[]): SegmentRows[] => [
  { name: 'buyers', columns, shards: [{ name: 'buyers_1.csv', rows }] },
];
