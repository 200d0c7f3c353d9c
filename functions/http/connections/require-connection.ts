// A connection that the caller may see. One that is not shared with a contributor is none to them.
import { mayUse } from '../../../shared/access/permissions';
import type { Principal } from '../../../shared/access/principal';
import type { Connection } from '../../../shared/connections/connection';
import type { Stored } from '../../../shared/platform/tables';
import type { Deps } from '../../composition';
import { notFound } from '../problem';

/** @throws {Problem} 404 */
export async function requireConnection(
  { connections }: Pick<Deps, 'connections'>,
  principal: Principal,
  id: string,
): Promise<Stored<Connection>> {
  const found = await connections.read(id);
  if (!found || !mayUse(principal, found.value)) throw notFound('connection');
  return found;
}
