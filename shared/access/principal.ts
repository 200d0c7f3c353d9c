// Who is asking: the principal that App Service authentication puts into a header, believed only when the platform says it is on.
import { z } from 'zod';

export const roles = ['Viewer', 'Contributor', 'Administrator'] as const;
export type Role = (typeof roles)[number];

export interface Principal {
  /** Tenant and object id: what a person or application is known by. */
  readonly tenantId: string;
  readonly objectId: string;
  /** For people to read; decides nothing. */
  readonly name: string;
  /** The highest role; `undefined` when signed in without one. */
  readonly role: Role | undefined;
}

/** Who a change is put down to: tenant and object id, and the name for people to read. */
export const actorOf = ({ tenantId, objectId, name }: Principal) => ({ id: `${tenantId}/${objectId}`, name });

const headerSchema = z.object({
  name_typ: z.string().nullish(),
  role_typ: z.string().nullish(),
  claims: z.array(z.object({ typ: z.string(), val: z.string() })),
});

/** Entra ID names some claims by URI, some by their short name. */
const tenantClaims = ['http://schemas.microsoft.com/identity/claims/tenantid', 'tid'];
const objectClaims = ['http://schemas.microsoft.com/identity/claims/objectidentifier', 'oid'];
const nameClaims = ['name', 'preferred_username'];

export interface Trust {
  /** What the platform says in `WEBSITE_AUTH_ENABLED`. When it is not on, anybody could have written the header. */
  readonly authenticationOn: boolean;
  readonly tenantId: string;
}

/**
 * Reads the header `x-ms-client-principal`.
 * @returns `undefined` for nobody: no header, one that cannot be read, one of another tenant, or authentication is off.
 */
export function principalFrom(header: string | null | undefined, trust: Trust): Principal | undefined {
  if (!header || !trust.authenticationOn) return undefined;
  const parsed = headerSchema.safeParse(parseJson(Buffer.from(header, 'base64').toString('utf8')));
  if (!parsed.success) return undefined;
  const { claims, role_typ: roleType, name_typ: nameType } = parsed.data;
  const first = (types: readonly (string | null | undefined)[]) =>
    claims.find(({ typ }) => types.includes(typ))?.val;

  const tenantId = first(tenantClaims);
  const objectId = first(objectClaims);
  if (!tenantId || !objectId || tenantId.toLowerCase() !== trust.tenantId.toLowerCase()) return undefined;
  const held = claims.filter(({ typ }) => typ === 'roles' || typ === roleType).map(({ val }) => val);
  return {
    tenantId,
    objectId,
    name: first([nameType, ...nameClaims]) ?? objectId,
    role: roles.findLast((role) => held.includes(role)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
