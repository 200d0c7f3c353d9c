// How the tokens of a connection are kept: one secret of JSON, under a name made from the connection's id.
import { z } from 'zod';
import { idSchema } from '../platform/ids';

/** Visible ASCII only: anything else would fail as a header, in an error that quotes it. */
export const tokenSchema = z.string().regex(/^[\x21-\x7e]+$/);

/** The life of an access token. Source: Constant Contact's support staff. */
const ACCESS_TOKEN_MILLISECONDS = 86_400_000;

export const storedTokensSchema = z
  .object({
    accessToken: tokenSchema,
    refreshToken: tokenSchema,
    /** When the access token ends; ISO 8601, UTC. */
    expiresAt: z.iso.datetime(),
    /** The sign-in or renewal that brought them; reckoned from the end when it is not told. */
    obtainedAt: z.iso.datetime().optional(),
    /** Absent until the first renewal shows it. */
    kind: z.enum(['rotating', 'long-lived']).optional(),
  })
  .transform(({ obtainedAt, ...rest }) => ({
    ...rest,
    obtainedAt: obtainedAt ?? new Date(Date.parse(rest.expiresAt) - ACCESS_TOKEN_MILLISECONDS).toISOString(),
  }));

export type StoredTokens = z.output<typeof storedTokensSchema>;

/** @throws {TypeError} for what is no id, and could name another secret. */
export function tokenSecretName(connectionId: string): string {
  if (!idSchema.safeParse(connectionId).success) throw new TypeError('this is not the id of a connection');
  return `constant-contact-tokens-${connectionId}`;
}

/** Whoever changes the tokens of a connection holds the lease of this name: a renewal, a new sign-in, a removal. */
export const tokenLeaseName = (connectionId: string): string => `constant-contact-tokens/${connectionId}`;

/** @returns `undefined` when the secret is not one of ours. The reason is left out, as it would quote the secret. */
export function parseTokens(secret: string): StoredTokens | undefined {
  try {
    return storedTokensSchema.parse(JSON.parse(secret));
  } catch {
    return undefined;
  }
}
