// Stores an export that was not there before. The data of this moment counts as known: only what comes later starts a run.
import type { Export } from '../../../shared/exports/export';
import type { Stored } from '../../../shared/platform/tables';
import type { Deps } from '../../composition';
import { notFound } from '../problem';

/** @throws {Problem} 404 when somebody has removed it already. */
export async function saveNewExport(
  { exports, takeAsKnown }: Pick<Deps, 'exports' | 'takeAsKnown'>,
  made: Export,
): Promise<Stored<Export>> {
  await exports.create(made);
  await takeAsKnown(made);
  const stored = await exports.get(made.id);
  if (!stored) throw notFound('export');
  return stored;
}
