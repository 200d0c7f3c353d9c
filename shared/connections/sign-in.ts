// Sign-in at Constant Contact (OAuth 2, authorization code): sends the browser there, and takes what it comes back with. Nothing is
// stored before the account and the privilege to import have been seen.
import { DaySpent, type Budget } from '../constant-contact/budget';
import { ClientSecretRefused } from '../constant-contact/token-errors';
import { codeOf } from '../platform/error-code';
import type { Actor } from '../access/actor';
import type { Connection } from './connection';
import { makeCompleteSignIn, type CompleteSignInDeps } from './complete-sign-in';
import { AccountTaken, ConnectionBeingRemoved, ConnectionMissing } from './connection-errors';
import type { ConnectionStore } from './connection-store';
import { currentConsent, requireCurrentConsent } from './consent';
import {
  RedirectAddressMissing,
  SignInConnectionRemoved,
  SignInDenied,
  SignInFailed,
  SignInInterrupted,
  SignInRefused,
} from './sign-in-errors';
import { challengeOf, verifierOf, type SignInStates } from './sign-in-states';

/** `account_read` for the account's summary, `offline_access` for a refresh token. */
const SCOPES = 'account_read contact_data offline_access';

/** The calls that follow a code: the account's summary and the proof, and some room for other runs. */
const CALLS_NEEDED = 5;

/** What an OAuth server may say instead of a code (RFC 6749, 4.1.2.1); anything else came from somewhere else. */
const oauthErrors = new Set([
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
]);

/** What the browser came back with, as it is in the address. */
export interface SignInCallback {
  readonly state?: string | undefined;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
}

export interface SignIn {
  /**
   * @returns where to send the browser, and until when it must be back (ISO 8601, UTC).
   * @throws {ConnectionMissing} {ConnectionBeingRemoved} {ConsentNeeded} {RedirectAddressMissing}
   */
  start(connectionId: string, by: Actor): Promise<{ readonly url: string; readonly expiresAt: string }>;
  /**
   * @returns the connection as it is now.
   * @throws {SignInFailed} {AccountTaken} {ClientSecretRefused}: nothing was stored, and the state is used up.
   */
  finish(callback: SignInCallback, by: Actor): Promise<Connection>;
}

export interface SignInDeps extends CompleteSignInDeps {
  readonly connections: ConnectionStore;
  readonly states: SignInStates;
  readonly budget: Pick<Budget, 'usedToday'>;
  readonly clientId: string;
  readonly authorizeUrl: string;
  readonly redirectUrl: string | undefined;
  /** Whether codes are tied to their sign-in by a challenge as well (PKCE). */
  readonly pkce: boolean;
  /** The version of the agreement that must be accepted. */
  readonly consentVersion?: string;
}

export function makeSignIn(deps: SignInDeps): SignIn {
  const { connections, states, clock, log, redirectUrl, pkce } = deps;

  function needRedirectUrl(): string {
    if (redirectUrl === undefined) throw new RedirectAddressMissing();
    return redirectUrl;
  }

  const completeSignIn = makeCompleteSignIn(deps);

  /** A code ends the refresh tokens before it. So nothing is exchanged on a day on which the account could not be looked at. */
  async function requireCalls(connectionId: string): Promise<void> {
    const { left, spentUntil } = await deps.budget.usedToday();
    const until = spentUntil ?? (left < CALLS_NEEDED ? clock.now() : undefined);
    if (until !== undefined) throw new SignInInterrupted(connectionId, new DaySpent(until));
  }

  /** @throws {SignInRefused} {SignInDenied} */
  function codeOfCallback(connectionId: string, { code, error }: SignInCallback): string {
    if (error === 'access_denied') throw new SignInDenied(connectionId);
    if (error !== undefined)
      throw new SignInRefused(connectionId, oauthErrors.has(error) ? error : undefined);
    // As long as any code may be, and nothing that a form could not carry.
    if (code === undefined || !/^[\x21-\x7e]{1,2000}$/.test(code))
      throw new SignInRefused(connectionId, undefined);
    return code;
  }

  return {
    async start(connectionId, by) {
      const redirect = needRedirectUrl();
      const connection = await connections.get(connectionId);
      if (!connection) throw new ConnectionMissing(connectionId);
      if (connection.removing) throw new ConnectionBeingRemoved(connectionId);
      requireCurrentConsent(connection, deps.consentVersion ?? currentConsent.version);
      const { state, expiresAt } = await states.begin(connectionId, by.id);
      const url = new URL(deps.authorizeUrl);
      const parameters = {
        client_id: deps.clientId,
        redirect_uri: redirect,
        response_type: 'code',
        // Written with "+" between the scopes; Constant Contact refuses "%2B".
        scope: SCOPES,
        state,
        ...(pkce ? { code_challenge: challengeOf(state), code_challenge_method: 'S256' } : {}),
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      log.info('connection.sign-in-started', { connection: connectionId, by: by.id });
      return { url: url.href, expiresAt };
    },

    async finish(callback, by) {
      const connectionId = await states.use(callback.state, by.id);
      try {
        await requireCalls(connectionId);
        const before = await connections.get(connectionId);
        if (!before || before.removing) throw new SignInConnectionRemoved(connectionId);
        const code = {
          code: codeOfCallback(connectionId, callback),
          redirectUrl: needRedirectUrl(),
          ...(pkce ? { verifier: verifierOf(callback.state ?? '') } : {}),
        };
        const connection = await completeSignIn(before, code, by);
        log.info('connection.signed-in', { connection: connectionId, by: by.id });
        return connection;
      } catch (error) {
        const failure = failureOf(connectionId, error);
        log.warn('connection.sign-in-failed', {
          connection: connectionId,
          by: by.id,
          code: codeOf(failure),
          cause: failure instanceof SignInInterrupted ? codeOf(failure.cause) : undefined,
        });
        throw failure;
      }
    },
  };
}

/** What somebody at a browser can act on. */
function failureOf(connectionId: string, error: unknown): unknown {
  if (error instanceof ConnectionMissing || error instanceof ConnectionBeingRemoved)
    return new SignInConnectionRemoved(connectionId);
  const known =
    error instanceof SignInFailed || error instanceof AccountTaken || error instanceof ClientSecretRefused;
  return known ? error : new SignInInterrupted(connectionId, error);
}
