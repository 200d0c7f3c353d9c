// Which of the mapped columns to ask a shard for. Segments of one export may have different columns.
import { pickByName } from '../segments/pick-by-name';
import type { Segment, Shard } from '../segments/segment';
import type { ColumnsPlan } from './columns-plan';
import type { Mapping } from './mapping';

export interface AskedColumns {
  /** The address's column is the first. */
  readonly columns: readonly string[];
  /** Of the profile's id among them; -1 for none. */
  readonly profileId: number;
  /** Of the plan's fields among them; -1 where the shard does not have the column, which leaves the field blank. */
  readonly fields: Int32Array;
}

/**
 * The address's column is always asked for, and so is a column that no segment has: the reader's error then names it, and
 * nothing is sent with a mapping that is out of date.
 */
export function askedColumns(
  mapping: Mapping,
  plan: ColumnsPlan,
  segments: readonly Segment[],
  segment: Segment,
  shard: Shard,
): AskedColumns {
  const available = shard.columns ?? segment.columns;
  // Names are found as the reader finds them; what is ambiguous is for it to say.
  const isIn = (columns: readonly string[], column: string) => pickByName(columns, column) !== undefined;
  const isAsked = (column: string) =>
    isIn(available, column) || !segments.some(({ columns }) => isIn(columns, column));

  const optional = [
    ...(mapping.profileId === undefined ? [] : [mapping.profileId]),
    ...plan.fields.map(({ column }) => column),
  ];
  const columns = [...new Set([mapping.email, ...optional.filter(isAsked)])];
  return {
    columns,
    profileId: mapping.profileId === undefined ? -1 : columns.indexOf(mapping.profileId),
    fields: Int32Array.from(plan.fields, ({ column }) => columns.indexOf(column)),
  };
}
