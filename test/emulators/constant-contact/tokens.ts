// Constant Contact's OAuth state: codes, access tokens, refresh tokens, and when each of them ends.
import { randomBytes } from 'node:crypto';
import type { Client } from './options';

/** What a person consented to. */
export interface Consent {
  readonly clientId: string;
  readonly encodedAccountId: string;
  /** Separated by spaces. */
  readonly scope: string;
}

export interface Code extends Consent {
  readonly redirectUri: string;
  readonly challenge?: string;
  readonly expiresAt: number;
}

export interface AccessToken extends Consent {
  readonly expiresAt: number;
}

/** One answer of the token endpoint, and what it means here. */
export interface IssuedSet extends Consent {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface TokenAnswer {
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly access_token: string;
  readonly scope: string;
  readonly refresh_token?: string;
}

const accessSeconds = 86_400;
const refreshIdleMilliseconds = 180 * 86_400_000;
const codeMilliseconds = 5 * 60_000;

export const tokenAnswer = (set: IssuedSet): TokenAnswer => ({
  token_type: 'Bearer',
  expires_in: accessSeconds,
  access_token: set.accessToken,
  scope: set.scope,
  ...(set.refreshToken !== undefined && { refresh_token: set.refreshToken }),
});

export function makeTokens() {
  const codes = new Map<string, Code>();
  const access = new Map<string, AccessToken>();
  const refresh = new Map<string, Consent & { readonly idleUntil: number }>();
  // The sets behind the living tokens, by access token, in the order of their issue.
  let sets = new Map<string, IssuedSet>();

  return {
    addCode(consent: Consent & { redirectUri: string; challenge?: string }, now: number): string {
      const code = randomBytes(24).toString('base64url');
      codes.set(code, { ...consent, expiresAt: now + codeMilliseconds });
      return code;
    },

    /** A code works once, whatever comes of it. */
    takeCode(code: string, now: number): Code | undefined {
      const found = codes.get(code);
      codes.delete(code);
      return found && now < found.expiresAt ? found : undefined;
    },

    refreshable(token: string, now: number): Consent | undefined {
      const found = refresh.get(token);
      return found && now < found.idleUntil ? found : undefined;
    },

    /** Makes a new set known. It ends every refresh token that the account had given the client before. */
    add(set: IssuedSet): void {
      const { clientId, encodedAccountId, scope } = set;
      sets.set(set.accessToken, set);
      access.set(set.accessToken, {
        clientId,
        encodedAccountId,
        scope,
        expiresAt: set.at + accessSeconds * 1_000,
      });
      if (set.refreshToken === undefined) return;
      for (const [token, consent] of refresh) {
        if (consent.clientId === clientId && consent.encodedAccountId === encodedAccountId)
          refresh.delete(token);
      }
      refresh.set(set.refreshToken, {
        clientId,
        encodedAccountId,
        scope,
        idleUntil: set.at + refreshIdleMilliseconds,
      });
    },

    access(token: string, now: number): AccessToken | undefined {
      const found = access.get(token);
      return found && now < found.expiresAt ? found : undefined;
    },

    /** As if the person had withdrawn the consent. */
    revoke(which: 'access' | 'all'): void {
      access.clear();
      if (which === 'access') return;
      refresh.clear();
      sets = new Map();
    },

    /** Adding these, and ending access as it was ended, leads to the present state. */
    sets: (): { set: IssuedSet; live: boolean }[] =>
      [...sets.values()].map((set) => ({ set, live: access.has(set.accessToken) })),
  };
}

export type Tokens = ReturnType<typeof makeTokens>;

/** A new set for a consent; a long-lived refresh token stays as it is. */
export function newSet(consent: Consent, client: Client, at: number, present?: string): IssuedSet {
  const { clientId, encodedAccountId, scope } = consent;
  const keeps = client.refreshTokens === 'long-lived' && present !== undefined;
  const refreshToken = keeps ? present : randomBytes(31).toString('base64url');
  return {
    clientId,
    encodedAccountId,
    scope,
    at,
    accessToken: jwt(consent, at),
    ...(scope.split(' ').includes('offline_access') && { refreshToken }),
  };
}

/** Looks like Constant Contact's tokens (claims, algorithm, length); nobody but the emulator can check it. */
function jwt({ clientId, encodedAccountId, scope }: Consent, at: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const issuer = 'https://identity.constantcontact.com/oauth2/aus1lm3ry9mF7x2Ja0h8';
  const payload = {
    ver: 1,
    jti: `AT.${randomBytes(32).toString('base64url')}`,
    iss: issuer,
    aud: 'https://api.cc.email/v3',
    iat: Math.floor(at / 1_000),
    exp: Math.floor(at / 1_000) + accessSeconds,
    cid: clientId,
    uid: randomBytes(60).toString('base64url'),
    scp: scope.split(' '),
    auth_time: Math.floor(at / 1_000),
    sub: 'owner@emulator.example',
    platform_user_id: encodedAccountId,
  };
  return `${part({ kid: randomBytes(32).toString('base64url'), alg: 'RS256' })}.${part(payload)}.${randomBytes(256).toString('base64url')}`;
}
