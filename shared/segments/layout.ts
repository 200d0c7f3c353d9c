// What a layout of segment files has to answer. There are two: Customer Insights' own, and flat folders of CSV files.
import type { Segment } from './segment';

/** A segment as a person sees it who chooses what to export. */
export interface CatalogueEntry {
  readonly name: string;
  readonly shards: number;
  readonly columns: readonly string[];
  /** UTC (ISO 8601); `undefined` when nothing tells. */
  readonly lastRefreshed: string | undefined;
  /** As in `Segment`; `undefined` when nothing tells. */
  readonly pointer: string | undefined;
  /** Why it cannot be exported as it is; `undefined` when it can. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

/** `pointer` as in `Segment`; `changedAt`: when it became that, in UTC (ISO 8601). */
export interface PointerState {
  readonly pointer: string;
  readonly changedAt: string;
}

export interface Layout {
  /** In the order of the names. A segment that cannot be read is in it, with the reason. @throws {SegmentFault} when there is no catalogue at all. */
  catalogue(): Promise<CatalogueEntry[]>;
  /** In the order asked for, all of one moment. @throws {SegmentFault} @throws {ShardChanged} */
  open(names: readonly string[]): Promise<Segment[]>;
  /** Costs one or two requests, whatever the number of shards. @throws {SegmentFault} */
  pointer(name: string): Promise<PointerState>;
}

/** A configured prefix as the start of blob names: empty, or ending in one slash. */
export const rootOf = (prefix: string): string => {
  const bare = prefix.replace(/^\/+|\/+$/g, '');
  return bare === '' ? '' : `${bare}/`;
};
