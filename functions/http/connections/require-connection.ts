// A connection that the caller may see; one that is not shared with a contributor is none to them. And one that can be asked.
import { mayUse } from '../../../shared/access/permissions';
import type { Principal } from '../../../shared/access/principal';
import type { Connection } from '../../../shared/connections/connection';
import { ConsentNeeded, NotSignedIn } from '../../../shared/connections/connection-errors';
import { wasSignedIn } from '../../../shared/connections/health';
import { currentConsent } from '../../../shared/connections/consent';
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

/**
 * Spares Constant Contact a call, and operators an error, where nothing is broken: the connection is not set up yet.
 * @throws {ConsentNeeded} {NotSignedIn}
 */
export async function requireSignedIn(
  { health }: Pick<Deps, 'health'>,
  connection: Connection,
): Promise<void> {
  if (!connection.consent) throw new ConsentNeeded(connection.id, currentConsent.version);
  if (!(await wasSignedIn(health, connection))) throw new NotSignedIn(connection.id);
}
