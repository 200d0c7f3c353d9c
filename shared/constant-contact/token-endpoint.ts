// Constant Contact's token endpoint (OAuth 2): a refresh token, or the code of a sign-in, for a new set of tokens. It has a budget of
// its own.
import { z } from 'zod';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { SecretStore } from '../platform/vault';
import type { Budget } from './budget';
import { ConstantContactError, Throttled, Unauthorized } from './errors';
import { makeSend } from './http';
import { ClientSecretRefused } from './token-errors';
import { tokenSchema } from './token-secret';
import { throttlePause } from './waits';

/** An access token lives 24 h. The official SDK's text calls `expires_in` a point in time, which this limit makes harmless. */
const LONGEST_LIFE_SECONDS = 86_400;

/** For an answer that does not tell: losing the refresh token beside it would be worse than renewing early. */
const UNTOLD_LIFE_SECONDS = 3600;

const MOST_THROTTLE_RETRIES = 3;

export const tokenAnswerSchema = z
  .object({
    access_token: tokenSchema,
    // Absent or empty: the one that was used stays.
    refresh_token: z.union([tokenSchema, z.literal('')]).nullish(),
    expires_in: z.coerce.number().positive().optional().catch(undefined),
  })
  .transform((answer) => ({
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token || undefined,
    lifeSeconds: Math.min(answer.expires_in ?? UNTOLD_LIFE_SECONDS, LONGEST_LIFE_SECONDS),
  }));

export type TokenAnswer = z.output<typeof tokenAnswerSchema>;

/** What a sign-in came back with. */
export interface SignInCode {
  readonly code: string;
  /** The address that the browser was sent back to. */
  readonly redirectUrl: string;
  /** What the challenge of the sign-in was made of, when it had one (PKCE). */
  readonly verifier?: string;
}

export interface TokenEndpoint {
  /**
   * A code is used up by this, also when the answer is lost. For the same account it ends every rotating refresh token before.
   * @returns `refused` when Constant Contact does not accept the code (`invalid_grant`).
   * @throws {ClientSecretRefused} @throws {ConstantContactError} @throws {WaitForSlot}
   */
  exchange(signIn: SignInCode): Promise<TokenAnswer | { readonly refused: ConstantContactError }>;
  /**
   * A rotating refresh token is used up by this, also when the answer is lost.
   * @returns `refused` when Constant Contact does not accept the refresh token (`invalid_grant`): look whether there is a newer one.
   * @throws {ClientSecretRefused} @throws {ConstantContactError} @throws {WaitForSlot}
   */
  refresh(refreshToken: string): Promise<TokenAnswer | { readonly refused: ConstantContactError }>;
}

export interface TokenEndpointDeps {
  readonly fetch: typeof fetch;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecretName: string;
  readonly secrets: Pick<SecretStore, 'get'>;
  readonly budget: Pick<Budget, 'reserve'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number;
  readonly random?: () => number;
}

export function makeTokenEndpoint(deps: TokenEndpointDeps): TokenEndpoint {
  const { tokenUrl, clientId, clientSecretName, secrets, budget, clock, random = Math.random } = deps;
  const send = makeSend(deps);

  /** The secret is read each time: a call a day is no cost, and a new secret works at once. */
  async function headers() {
    const clientSecret = await secrets.get(clientSecretName);
    if (!clientSecret) throw new ClientSecretRefused(clientSecretName, 'missing');
    return {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
  }

  async function post(parameters: Record<string, string>): Promise<TokenAnswer> {
    const call = {
      method: 'POST',
      url: tokenUrl,
      path: '/oauth2/token',
      headers: await headers(),
      body: new URLSearchParams(parameters).toString(),
    } as const;
    const started = clock.now();
    for (let throttled = 0; ; throttled += 1) {
      await budget.reserve();
      try {
        return await send(call, tokenAnswerSchema);
      } catch (error) {
        if (!(error instanceof Throttled) || throttled === MOST_THROTTLE_RETRIES) throw error;
        const pause = throttlePause(error.retryAfterMilliseconds, random());
        // The caller holds a lease: all tries together begin within one deadline.
        if (clock.now() + pause - started > deps.timeoutMs) throw error;
        await clock.sleep(pause);
      }
    }
  }

  async function granted(parameters: Record<string, string>) {
    try {
      return await post(parameters);
    } catch (error) {
      if (!(error instanceof ConstantContactError)) throw error;
      if (error.errorKey === 'invalid_grant') return { refused: error };
      const wrongClient = error.errorKey === 'invalid_client' || error instanceof Unauthorized;
      throw wrongClient ? new ClientSecretRefused(clientSecretName, 'refused', error) : error;
    }
  }

  return {
    exchange: ({ code, redirectUrl, verifier }) =>
      granted({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUrl,
        ...(verifier === undefined ? {} : { code_verifier: verifier }),
      }),
    refresh: (refreshToken) => granted({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  };
}
