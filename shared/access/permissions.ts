// What each role may do. Pure rules; the HTTP layer asks them.
import type { Connection } from '../connections/connection';
import { roles, type Principal, type Role } from './principal';

/** Whether the principal has at least that role. */
export const hasRole = (principal: Principal, role: Role): boolean =>
  principal.role !== undefined && roles.indexOf(principal.role) >= roles.indexOf(role);

/**
 * Whether the principal may run, change and cancel an export that uses `connection` and see its rejects.
 * A detached export (no connection) is for administrators.
 */
export const mayUse = (principal: Principal, connection: Connection | undefined): boolean =>
  hasRole(principal, 'Administrator') ||
  (hasRole(principal, 'Contributor') && connection?.sharedWith === 'administrators-and-contributors');
