// The final row of a run holds as much of its end as a table row takes; the report holds all of it. Pure.
import { longestText } from '../platform/tables';
import type { Run } from './run';

/** A run's row shows so many warnings at most: who reads more reads the report. */
const mostWarnings = 20;

/** In UTF-16 units: for the sentences below. */
const spare = 200;

const lengthOf = (value: unknown) => JSON.stringify(value).length;

/** @param run as it ended, with all its warnings. */
export function finalRow(run: Run): Run {
  const room = (fixed: Run) => longestText - spare - lengthOf({ ...fixed, warnings: [] });
  // The names of fields may be long, and those of segments are there already, twice.
  const cut = room(run) < 0 ? null : run.cutByField;
  const row: Run = { ...run, cutByField: cut };
  let left = room(row);
  const shown: string[] = [];
  for (const warning of run.warnings.slice(0, mostWarnings)) {
    left -= lengthOf(warning) + 1;
    if (left < 0) break;
    shown.push(warning);
  }
  const more = run.warnings.length - shown.length;
  if (more > 0) shown.push(`There are ${more} more warnings; all of them are in the report.`);
  if (cut !== run.cutByField) shown.push('Which values were cut is in the report only.');
  return { ...row, warnings: shown };
}
