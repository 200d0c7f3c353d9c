// Reads one shard: its bytes, its header, its records.
import type { BlobReader } from '../platform/blobs';
import { findColumns, headerColumns, isHeader } from './columns';
import { makeRecordReader, type RecordPlan } from './csv-records';
import { TooManyUnclosedQuotes } from './csv-rules';
import { ShardUnreadable } from './errors';
import type { Malformation, RecordSink, Shard } from './segment';
import { shardBytes, textOf } from './shard-bytes';

/** The most that is parsed between two calls of `drain`. Bytes. */
const betweenDrains = 256 * 1024;

/** @throws {SegmentFault} @throws {ShardChanged} and what the sink throws. */
export async function readShard(
  blobs: BlobReader,
  shard: Shard,
  columns: readonly string[],
  sink: RecordSink,
): Promise<void> {
  const { dialect } = shard;
  const known = shard.columns && {
    width: shard.columns.length,
    picks: findColumns(shard, shard.columns, columns),
  };

  const first = (cells: readonly string[] | Malformation): RecordPlan => {
    if (shard.columns && known) return { ...known, skipFirst: isHeader(shard, shard.columns, cells) };
    const names = headerColumns(shard, cells);
    return { width: names.length, picks: findColumns(shard, names, columns), skipFirst: true };
  };
  const reader = makeRecordReader({ dialect, text: textOf(shard), width: known?.width, first, sink });
  try {
    for await (const chunk of shardBytes(blobs, shard)) {
      for (let offset = 0; offset < chunk.length; offset += betweenDrains) {
        const piece = chunk.subarray(offset, offset + betweenDrains);
        const bytes = piece.length;
        reader.push(piece);
        await sink.drain(bytes);
      }
    }
    const hasRecords = reader.finish();
    if (!known && !hasRecords) headerColumns(shard, undefined);
  } catch (cause) {
    if (!(cause instanceof TooManyUnclosedQuotes)) throw cause;
    throw new ShardUnreadable(
      shard.segment,
      shard.name,
      `more than ${cause.rows} of its rows open quotes that are never closed, so quotes seem to mean nothing in it, or its escapes are others than those set`,
      { cause },
    );
  }
  await sink.drain();
}

/** Ends a read when the header is known. */
class HeaderFound extends Error {
  constructor(readonly columns: string[]) {
    super('the header was found');
  }
}

/** The columns by a file's own header; only its start is fetched. @throws {SegmentFault} @throws {ShardChanged} */
export async function readHeader(blobs: BlobReader, shard: Shard): Promise<string[]> {
  const reader = makeRecordReader({
    dialect: shard.dialect,
    text: textOf(shard),
    width: undefined,
    first: (cells) => {
      throw new HeaderFound(headerColumns(shard, cells));
    },
    sink: { record: () => undefined, malformed: () => undefined },
  });
  try {
    for await (const chunk of shardBytes(blobs, shard)) reader.push(chunk);
    reader.finish();
  } catch (error) {
    if (error instanceof HeaderFound) return error.columns;
    throw error;
  }
  return headerColumns(shard, undefined);
}
