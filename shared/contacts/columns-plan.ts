// Which columns the batch files have: the mapped fields in a fixed order, and the groups in which they are sent when the
// patterns of filled columns are too many for files of their own.
import { ruleOf, standardFields, type FieldRule, type Mapping } from './mapping';

/** Up to this many optional columns every pattern has files of its own: there are at most 8. */
const fewColumns = 3;
/** A person is in at most one job of each group and one more: five updates in 24 h are not taken for abuse. */
const maxGroups = 4;
/** Columns that one group should have: its files are one per pattern, 2 to the power of its columns. */
const columnsPerGroup = 3;
/** 39 fields in four groups. Patterns of a group are bits of one number. */
const maxGroupBits = 10;

/** Constant Contact takes these two together or not at all. */
const birthday = Object.keys(standardFields).filter((name) => ruleOf(name).kind === 'birthday');
const postal: readonly string[] = ['street', 'street2', 'city', 'state', 'zip', 'country'];

export interface PlannedField extends FieldRule {
  readonly name: string;
  readonly column: string;
}

/** Fields `from` up to, not including, `to`. */
export interface Group {
  readonly from: number;
  readonly to: number;
}

export interface ColumnsPlan {
  /** The optional fields in the order of the files' columns. Groups follow one another in it. */
  readonly fields: readonly PlannedField[];
  /** One group when every pattern has files of its own; else at most four. */
  readonly groups: readonly Group[];
  readonly everyPatternApart: boolean;
  /** How many of the first fields are of the birthday, the day before the month: they are filled all together, or none of them. */
  readonly birthdayFields: number;
  /** Whether all fields of the birthday are mapped; otherwise none can be sent. */
  readonly birthdayWhole: boolean;
}

export function planColumns(mapping: Mapping): ColumnsPlan {
  const mapped = Object.entries(mapping.fields).filter(([, column]) => column !== undefined);
  const names = mapped.map(([name]) => name);
  const standard = Object.keys(standardFields).filter((name) => names.includes(name));
  const ordered = [...standard, ...names.filter((name) => !standard.includes(name)).sort()];

  const everyPatternApart = ordered.length <= fewColumns;
  const count = everyPatternApart ? 1 : Math.min(maxGroups, Math.ceil(ordered.length / columnsPerGroup));
  const sizes = Array.from(
    { length: count },
    (_, index) => Math.floor(ordered.length / count) + (index < ordered.length % count ? 1 : 0),
  );

  const first = ordered.filter((name) => birthday.includes(name));
  const address = ordered.filter((name) => postal.includes(name));
  const others = ordered.filter((name) => !first.includes(name) && !address.includes(name));
  // The fields of a postal address tend to be filled or blank together, so standing together they make fewer patterns. They
  // start a group of their own; what fills up the group of the birthday comes from the others.
  const filler = first.length === 0 || everyPatternApart ? 0 : Math.max(0, (sizes[0] ?? 0) - first.length);
  const order = everyPatternApart
    ? [...first, ...others, ...address]
    : [...first, ...others.slice(0, filler), ...address, ...others.slice(filler)];

  const columns = new Map(mapped as [string, string][]);
  let from = 0;
  return {
    fields: order.map((name) => ({
      name,
      column: columns.get(name) as string,
      ...ruleOf(name),
    })),
    groups: sizes.map((size) => ({ from, to: (from += size) })),
    everyPatternApart,
    birthdayFields: first.length,
    birthdayWhole: first.length === birthday.length,
  };
}

/** The header of files whose rows fill, in this group, the columns of `mask` (bit 0 is the group's first field). */
export const groupColumns = (plan: ColumnsPlan, { from, to }: Group, mask: number): readonly string[] =>
  plan.fields.slice(from, to).flatMap(({ name }, bit) => ((mask >> bit) & 1 ? [name] : []));

/** One number for the patterns of all groups together; 0 when nothing but the address is filled. */
export function patternKey(masks: Int32Array): number {
  let key = 0;
  for (let group = masks.length - 1; group >= 0; group--)
    key = key * (1 << maxGroupBits) + (masks[group] as number);
  return key;
}
