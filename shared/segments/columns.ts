// Columns by name, and whether a file's first record is its header.
import { ColumnAmbiguous, ColumnMissing, HeaderWrong } from './errors';
import { pickByName } from './pick-by-name';
import type { Malformation, Shard } from './segment';

/** The position of each wanted column. @throws {ColumnMissing} that names all that are missing. @throws {ColumnAmbiguous} */
export function findColumns(shard: Shard, available: readonly string[], wanted: readonly string[]): number[] {
  const missing: string[] = [];
  const found = wanted.map((column) => {
    const index = pickByName(available, column);
    if (index === 'ambiguous') throw new ColumnAmbiguous(shard.segment, shard.name, column);
    if (index === undefined) missing.push(column);
    return index ?? -1;
  });
  // Without a model the names come from the file's first row, which may be somebody's data after all: errors must not list it.
  const shown = shard.columns === undefined ? [] : available;
  if (missing.length > 0) throw new ColumnMissing(shard.segment, shard.name, missing, shown);
  return found;
}

const folded = (name: string) => name.trim().toLowerCase();

/** Whether one of its words holds an address. Word by word, with one look each: a file can begin with a cell of a megabyte. */
const holdsAddress = (cell: string) =>
  cell.split(/\s+/).some((word) => {
    const at = word.indexOf('@', 1);
    return at !== -1 && word.lastIndexOf('.', word.length - 2) >= at + 2;
  });

/** What a column's name hardly is: an address, a time, an id. Errors list a header's names, and must not list a person's data. */
const isLikeData = (cell: string) =>
  holdsAddress(cell) ||
  /^\d{4}-\d\d-\d\d/.test(cell) ||
  /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(cell);

const causes: Record<Malformation, string> = {
  'wrong-width': 'it has another number of columns',
  'bad-encoding': 'it holds bytes that its encoding does not allow',
  'too-long': 'it is longer than 1 MB',
  'unclosed-quote': 'it opens quotes that are never closed',
};

/**
 * Judges the first record against the model's columns. A header that says so itself is one whatever the model says: sending it as a
 * person would be as wrong as reading columns in another order than the file's.
 * @throws {HeaderWrong} when the model says header and it is none, or when it is one of another order.
 */
export function isHeader(
  shard: Shard,
  columns: readonly string[],
  first: readonly string[] | Malformation,
): boolean {
  const wrong = (reason: string) => new HeaderWrong(shard.segment, shard.name, reason);
  const { header } = shard.dialect;
  if (typeof first === 'string') {
    if (header) throw wrong(causes[first]);
    return false;
  }
  const different = columns.findIndex((column, index) => folded(column) !== folded(first[index] ?? ''));
  if (different === -1 && first.length === columns.length) return true;
  const sorted = (names: readonly string[]) => JSON.stringify(names.map(folded).sort());
  if (sorted(first) === sorted(columns))
    throw wrong('its columns are in another order than those of model.json');
  if (!header) return false;
  if (first.length !== columns.length) {
    throw wrong(`it has ${first.length} columns, and model.json has ${columns.length}`);
  }
  throw wrong(`column ${different + 1} should be "${columns[different] ?? ''}"`);
}

/** The columns by a file's own header, where there is no model. @throws {HeaderWrong} for what is none. */
export function headerColumns(shard: Shard, first: readonly string[] | Malformation | undefined): string[] {
  const wrong = (reason: string) => new HeaderWrong(shard.segment, shard.name, reason);
  if (first === undefined) throw wrong('the file is empty');
  if (typeof first === 'string') throw wrong(causes[first]);
  const names = first.map((name) => name.trim());
  const index = names.findIndex(isLikeData);
  if (index !== -1)
    throw wrong(`column ${index + 1} holds a value, not a name, so the header row seems to be missing`);
  return names;
}
