// How the tokens of a connection are kept: one secret of JSON, under a name made from the connection's id.
import { z } from 'zod';

/** Visible ASCII only: anything else would fail as a header, in an error that quotes it. */
const token = z.string().regex(/^[\x21-\x7e]+$/);

export const storedTokensSchema = z.object({
  accessToken: token,
  refreshToken: token,
  /** When the access token ends; ISO 8601, UTC. */
  expiresAt: z.iso.datetime(),
});

export type StoredTokens = z.output<typeof storedTokensSchema>;

/** @throws {TypeError} for an id that Key Vault cannot hold in a name. Its names ignore case, so ids are lower-case. */
export function tokenSecretName(connectionId: string): string {
  if (!/^[0-9a-z-]{1,80}$/.test(connectionId))
    throw new TypeError('a connection id has lower-case letters, digits and "-" only');
  return `constant-contact-tokens-${connectionId}`;
}

/** Whoever changes the tokens of a connection holds the lease of this name: a renewal, or a new sign-in. */
export const tokenLeaseName = (connectionId: string): string => `constant-contact-tokens/${connectionId}`;

/** @returns `undefined` when the secret is not one of ours. The reason is left out, as it would quote the secret. */
export function parseTokens(secret: string): StoredTokens | undefined {
  try {
    return storedTokensSchema.parse(JSON.parse(secret));
  } catch {
    return undefined;
  }
}
