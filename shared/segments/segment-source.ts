// Everything that finds and reads segments, behind one interface.
import type { BlobReader } from '../platform/blobs';
import { makeCustomerInsightsLayout } from './customer-insights';
import { makeFlatLayout } from './flat';
import { rootOf, type Layout } from './layout';
import { readShard } from './read-shard';
import type { RecordSink, Shard } from './segment';

export interface SegmentSource extends Layout {
  /**
   * Hands every record of a shard to `sink`, with the columns asked for, in that order; a name finds its column exactly, else as the
   * only one that differs by case. What the sink throws ends the read and is thrown.
   * @throws {SegmentFault} @throws {ShardChanged}
   */
  read(shard: Shard, columns: readonly string[], sink: RecordSink): Promise<void>;
}

export interface SegmentSourceOptions {
  /** Of the configured container. */
  readonly blobs: BlobReader;
  /** URL of that container, such as `https://account.blob.core.windows.net/segments`. */
  readonly containerUrl: string;
  /** With or without slashes around it; empty for the whole container. */
  readonly prefix: string;
  readonly layout: 'customer-insights' | 'flat';
  /** Whether `\"` stands for a quote inside quotes, in every file. */
  readonly backslashEscapes: boolean;
}

export function makeSegmentSource({
  blobs,
  containerUrl,
  prefix,
  layout,
  backslashEscapes,
}: SegmentSourceOptions): SegmentSource {
  const root = rootOf(prefix);
  const found =
    layout === 'flat'
      ? makeFlatLayout({ blobs, root, backslashEscapes })
      : makeCustomerInsightsLayout({ blobs, containerUrl, root, backslashEscapes });
  return { ...found, read: (shard, columns, sink) => readShard(blobs, shard, columns, sink) };
}
