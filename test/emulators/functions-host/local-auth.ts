// Plays App Service authentication on loopback: refuses what comes from elsewhere, and signs the caller in as a local person.
import { createHash } from 'node:crypto';

export const roles = ['Administrator', 'Contributor', 'Viewer'] as const;
type Role = (typeof roles)[number];

/** Picks another role, or nobody (`none`). Removed before the app sees the request. */
export const roleHeader = 'x-local-role';

const loopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/**
 * @returns why the request is refused, or undefined. A web page elsewhere can make a browser send requests here, by its own
 *   name for this address (Host) or across origins (Origin).
 */
export function refusal(headers: Readonly<Record<string, string>>): string | undefined {
  const host = headers['host'] ?? '';
  if (!loopback.test(host)) return 'This host answers on loopback names only.';
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'This host answers pages of its own origin only.';
  return undefined;
}

/** An id that stays the same for a name, in the shape of a GUID. */
const idOf = (name: string) => {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const claimTypes = {
  name: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  role: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
  objectId: 'http://schemas.microsoft.com/identity/claims/objectidentifier',
  tenantId: 'http://schemas.microsoft.com/identity/claims/tenantid',
};

function principalHeaders(role: Role, tenantId: string): Record<string, string> {
  const name = `local-${role.toLowerCase()}@localhost`;
  const objectId = idOf(name);
  const principal = {
    auth_typ: 'aad',
    name_typ: claimTypes.name,
    role_typ: 'roles',
    claims: [
      { typ: claimTypes.tenantId, val: tenantId },
      { typ: claimTypes.objectId, val: objectId },
      { typ: claimTypes.name, val: name },
      { typ: 'name', val: `Local ${role}` },
      { typ: 'preferred_username', val: name },
      { typ: 'roles', val: role },
    ],
  };
  return {
    'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64'),
    'x-ms-client-principal-id': objectId,
    'x-ms-client-principal-name': name,
    'x-ms-client-principal-idp': 'aad',
  };
}

/** The headers as the app gets them. @returns undefined when the asked-for role does not exist */
export function signIn(
  headers: Readonly<Record<string, string>>,
  tenantId: string,
): Record<string, string> | undefined {
  const kept = Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !name.startsWith('x-ms-client-principal') && name !== roleHeader,
    ),
  );
  const asked = headers[roleHeader] ?? 'Administrator';
  if (asked.toLowerCase() === 'none') return kept;
  const role = roles.find((one) => one.toLowerCase() === asked.toLowerCase());
  return role && { ...kept, ...principalHeaders(role, tenantId) };
}
