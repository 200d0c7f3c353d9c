// Which mapped columns the segments do not have: the rule of a run, known before it.
import type { Mapping } from '../contacts/mapping';
import { pickByName } from '../segments/pick-by-name';

/** A mapped column that cannot be read. */
export interface ColumnProblem {
  /** The field of the mapping, such as `mapping.fields.first_name`. */
  readonly path: string;
  readonly column: string;
  readonly code: 'column-missing' | 'column-ambiguous';
  /** Where; `undefined` for all segments. */
  readonly segment: string | undefined;
}

export type NamedColumns = Readonly<{ name: string; columns: readonly string[] }>;

/**
 * The address's column must be in every segment; another one in one of them, as segments of one export may have different columns.
 * None may be in a segment twice.
 */
export function columnProblems(mapping: Mapping, segments: readonly NamedColumns[]): ColumnProblem[] {
  const optional = [
    ...(mapping.profileId === undefined ? [] : [['mapping.profileId', mapping.profileId] as const]),
    ...Object.entries(mapping.fields).map(([field, column]) => [`mapping.fields.${field}`, column] as const),
  ];
  const ambiguous = (path: string, column: string): ColumnProblem[] =>
    segments
      .filter(({ columns }) => pickByName(columns, column) === 'ambiguous')
      .map(({ name }) => ({ path, column, code: 'column-ambiguous', segment: name }));
  const lacking = (column: string) =>
    segments.filter(({ columns }) => pickByName(columns, column) === undefined);

  const ofEmail = lacking(mapping.email).map(({ name }): ColumnProblem => ({
    path: 'mapping.email',
    column: mapping.email,
    code: 'column-missing',
    segment: name,
  }));
  return [
    ...ofEmail,
    ...ambiguous('mapping.email', mapping.email),
    ...optional.flatMap(([path, column]): ColumnProblem[] => {
      if (column === undefined) return [];
      return segments.length > 0 && lacking(column).length === segments.length
        ? [{ path, column, code: 'column-missing', segment: undefined }]
        : ambiguous(path, column);
    }),
  ];
}
