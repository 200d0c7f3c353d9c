// What several routes need before they can answer: the thing itself, and the right to use it.
import { mayUse } from '../../shared/access/permissions';
import type { Principal } from '../../shared/access/principal';
import type { Connection } from '../../shared/connections/connection';
import type { Export } from '../../shared/exports/export';
import type { Stored } from '../../shared/platform/tables';
import type { Run } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { notFound, Problem } from './problem';

type Stores = Pick<Deps, 'exports' | 'connections' | 'runs'>;

/**
 * The connection of an export that the caller may run and change; `undefined` for none, and for one that is gone.
 * @throws {Problem} 403
 */
export async function requireUsable(
  { connections }: Stores,
  principal: Principal,
  connectionId: string | null,
): Promise<Connection | undefined> {
  const connection = connectionId === null ? undefined : await connections.get(connectionId);
  if (!mayUse(principal, connection)) {
    throw new Problem(
      403,
      'role-needed',
      'You may not use the connection of this export.',
      'It is for administrators, as is an export without one; ask one of them to share it with contributors.',
      { role: 'Administrator' },
    );
  }
  return connection;
}

/** An export that the caller may run and change. @throws {Problem} 404 or 403 */
export async function requireExport(
  stores: Stores,
  principal: Principal,
  id: string,
): Promise<Stored<Export>> {
  const found = await stores.exports.get(id);
  if (!found) throw notFound('export');
  await requireUsable(stores, principal, found.value.connectionId);
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
  await requireUsable(stores, principal, found.connectionId);
  return found;
}
