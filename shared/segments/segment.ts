// The words of this room: a segment, its shards, and one record of a shard.
import { z } from 'zod';

/** How the bytes of one shard become records. */
export interface CsvDialect {
  /** One character. */
  readonly delimiter: string;
  /** `always`: a quote anywhere in a field quotes; `after-delimiter`: only as a field's first character; `never`: quotes mean nothing. */
  readonly quotes: 'always' | 'after-delimiter' | 'never';
  /** Whether `\"` stands for a quote inside a quoted field, besides `""`. */
  readonly backslashEscapes: boolean;
  /** What the model says of a header row. The first record has the last word (see the reader). */
  readonly header: boolean;
  /** A label of the WHATWG Encoding Standard, such as `utf-8` or `windows-1252`. */
  readonly encoding: string;
}

/** One file of a segment, pinned to the version that was listed. */
export interface Shard {
  readonly segment: string;
  /** What people see: the blob's path below the configured prefix. */
  readonly name: string;
  readonly blob: string;
  readonly etag: string;
  readonly bytes: number;
  /** The columns in file order, as the model gives them; `undefined` where only the file's own header tells (flat layout). */
  readonly columns: readonly string[] | undefined;
  readonly dialect: CsvDialect;
}

/** A segment at one moment. Shards stand in the order in which they are read. */
export interface Segment {
  readonly name: string;
  readonly columns: readonly string[];
  readonly shards: readonly Shard[];
  /**
   * Another one when the segment's data is another one. In the Customer Insights layout it stands for the whole `model.json`, so it
   * also changes with the data of another segment. Opaque, short, safe in a table row.
   */
  readonly pointer: string;
  /** When the data was last written, in UTC (ISO 8601). */
  readonly lastRefreshed: string;
}

const columnsSchema = z.array(z.string()).readonly();

/** Segments are kept as JSON between the steps of a run. */
export const segmentSchema: z.ZodType<Segment> = z.strictObject({
  name: z.string(),
  columns: columnsSchema,
  shards: z
    .array(
      z
        .strictObject({
          segment: z.string(),
          name: z.string(),
          blob: z.string(),
          etag: z.string(),
          bytes: z.int().min(0),
          columns: columnsSchema.optional(),
          dialect: z.strictObject({
            delimiter: z.string().length(1),
            quotes: z.enum(['always', 'after-delimiter', 'never']),
            backslashEscapes: z.boolean(),
            header: z.boolean(),
            encoding: z.string(),
          }),
        })
        // JSON leaves out what is undefined.
        .transform(({ columns, ...shard }) => ({ ...shard, columns })),
    )
    .readonly(),
  pointer: z.string(),
  lastRefreshed: z.string(),
});

/** Why one record could not be read. */
export type Malformation = 'wrong-width' | 'bad-encoding' | 'too-long' | 'unclosed-quote';

/**
 * One record of a shard. It is a view that the reader uses again: its bytes are valid only during the call that hands it over.
 * Column `i` of those asked for is `bytes[starts[i] .. ends[i])`, unquoted, in valid UTF-8. A column that the shard lacks never
 * comes here: asking for it is an error.
 */
export interface ShardRecord {
  /** Position among the shard's data records, from 1; the header does not count. */
  row: number;
  bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export interface RecordSink {
  record(record: ShardRecord): void;
  malformed(row: number, why: Malformation): void;
  /**
   * Called between chunks; the reader waits for it. The place to write out what has piled up.
   * @param bytes how many were read since the last call, unpacked.
   */
  drain(bytes?: number): Promise<void>;
}
