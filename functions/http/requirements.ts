// What several routes need before they can answer: the thing itself, and the right to use it.
import { mayUse } from '../../shared/access/permissions';
import type { Principal } from '../../shared/access/principal';
import type { Export } from '../../shared/exports/export';
import type { Run } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { notFound, Problem } from './problem';

type Stores = Pick<Deps, 'exports' | 'connections' | 'runs'>;

async function refuseUnlessUsable(
  { connections }: Stores,
  principal: Principal,
  connectionId: string | null,
): Promise<void> {
  const connection = connectionId ? await connections.get(connectionId) : undefined;
  if (!mayUse(principal, connection)) {
    throw new Problem(
      403,
      'role-needed',
      'You may not use the connection of this export.',
      'It is for administrators; ask one of them to share it with contributors.',
      { role: 'Administrator' },
    );
  }
}

/** An export that the caller may run. @throws {Problem} 404 or 403 */
export async function requireExport(stores: Stores, principal: Principal, id: string): Promise<Export> {
  const found = await stores.exports.get(id);
  if (!found) throw notFound('export');
  await refuseUnlessUsable(stores, principal, found.connectionId);
  return found;
}

/** A run that the caller may see. @throws {Problem} 404 */
export async function requireRun(stores: Stores, id: string): Promise<Run> {
  const found = await stores.runs.get(id);
  if (!found) throw notFound('run');
  return found;
}

/** A run of an export that the caller may run. @throws {Problem} 404 or 403 */
export async function requireOwnRun(stores: Stores, principal: Principal, id: string): Promise<Run> {
  const found = await requireRun(stores, id);
  await refuseUnlessUsable(stores, principal, found.connectionId);
  return found;
}
