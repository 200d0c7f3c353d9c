// Sign-in and token endpoint, as Constant Contact has them.
import { createHash, timingSafeEqual } from 'node:crypto';
import { oauthError, ok, page, tooMany } from './answers';
import type { Account } from './account';
import { formOf, type Call, type Answer } from '../call';
import { document, escape } from './html';
import type { Gate } from './limits';
import type { Client, Configuration } from './options';
import { tokenAnswer, type Consent } from './tokens';

export const authorizePath = '/oauth2/default/v1/authorize';
export const tokenPath = '/oauth2/default/v1/token';

const scopes = ['account_read', 'account_update', 'contact_data', 'campaign_data', 'offline_access'];

interface OauthContext {
  readonly account: Account;
  readonly configuration: Configuration;
  readonly gate: Gate;
}

interface SignIn extends Consent {
  readonly redirectUri: string;
  readonly state: string;
  readonly challenge?: string;
}

const isLoopback = (uri: string) =>
  URL.canParse(uri) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(uri).hostname);

/** What the sign-in page was asked for, or what is wrong with it. */
function readSignIn(form: URLSearchParams, configuration: Configuration): SignIn | string {
  const client = configuration.clients.find(({ clientId }) => clientId === form.get('client_id'));
  if (!client) return 'client_id is not known.';
  const redirectUri = form.get('redirect_uri') ?? '';
  const allowed = client.redirectUris ? client.redirectUris.includes(redirectUri) : isLoopback(redirectUri);
  if (!allowed) return 'redirect_uri is not one of those of the application.';
  if (form.get('response_type') !== 'code') return 'response_type must be code.';
  const scope = form.get('scope') ?? '';
  if (scope === '' || scope.split(' ').some((one) => !scopes.includes(one))) return 'scope is not valid.';
  const challenge = form.get('code_challenge');
  if (challenge !== null && form.get('code_challenge_method') !== 'S256')
    return 'code_challenge_method must be S256.';
  return {
    clientId: client.clientId,
    encodedAccountId: form.get('account') ?? configuration.encodedAccountId,
    scope,
    redirectUri,
    state: form.get('state') ?? '',
    ...(challenge !== null && { challenge }),
  };
}

/**
 * The sign-in page. `auto_approve=true` answers as if the button had been pressed at once; `account` signs in to another
 * account; `fail` sends the browser back with that error.
 */
export function authorize(call: Call, { account, configuration }: OauthContext): Answer {
  const form = formOf(call);
  const signIn = readSignIn(form, configuration);
  if (typeof signIn === 'string')
    return page(400, document('Sign-in failed', `<h1>Sign-in failed</h1><p>${escape(signIn)}</p>`));
  const back = (parameters: Record<string, string>): Answer => {
    const target = new URL(signIn.redirectUri);
    for (const [name, value] of Object.entries({ ...parameters, state: signIn.state }))
      target.searchParams.set(name, value);
    return { status: 302, headers: { Location: target.href } };
  };
  if (form.get('deny') !== null)
    return back({ error: 'access_denied', error_description: 'The user denied the request.' });
  const fail = form.get('fail');
  if (fail) return back({ error: fail, error_description: 'The request could not be completed.' });
  if (call.method === 'POST' || form.get('auto_approve') === 'true')
    return back({ code: account.tokens.addCode(signIn, call.at) });
  return page(200, signInPage(form, signIn));
}

function signInPage(form: URLSearchParams, { clientId, encodedAccountId, scope }: SignIn): string {
  const hidden = [...form]
    .filter(([name]) => name !== 'account')
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
    .join('');
  return document(
    'Sign in (emulator)',
    `<h1>Constant Contact (emulator)</h1>
<p>The application <b>${escape(clientId)}</b> asks for: ${escape(scope)}.</p>
<form method="post" action="${authorizePath}">${hidden}
<p><label>Account <input name="account" value="${escape(encodedAccountId)}"></label></p>
<button type="submit">Allow</button> <button type="submit" name="deny" value="true">Deny</button></form>`,
  );
}

export function exchange(call: Call, { account, configuration, gate }: OauthContext): Answer {
  const form = formOf(call);
  const client = clientOf(call, form, configuration.clients);
  if (!client) return oauthError(401, 'invalid_client', 'The client credentials are invalid.');
  if (!gate.admitToken(client.clientId, call.at, `${call.method} ${call.path}`)) {
    return tooMany('throttled', configuration.switches.retryAfterSeconds);
  }
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return exchangeCode(call, form, client, account);
    case 'refresh_token': {
      const token = form.get('refresh_token') ?? '';
      const consent = account.tokens.refreshable(token, call.at);
      if (consent?.clientId !== client.clientId) {
        return oauthError(400, 'invalid_grant', 'The refresh token is invalid or expired.');
      }
      return ok(tokenAnswer(account.issue(consent, client, call.at, token)));
    }
    default:
      return oauthError(400, 'unsupported_grant_type', 'The grant type is not supported.');
  }
}

function exchangeCode(call: Call, form: URLSearchParams, client: Client, account: Account): Answer {
  const code = account.tokens.takeCode(form.get('code') ?? '', call.at);
  const verifier = form.get('code_verifier') ?? '';
  const proven =
    code?.challenge === undefined
      ? hasSecret(call)
      : sha256(verifier).toString('base64url') === code.challenge;
  if (code?.clientId !== client.clientId || code.redirectUri !== form.get('redirect_uri') || !proven) {
    return oauthError(400, 'invalid_grant', 'The authorization code is invalid or has expired.');
  }
  return ok(tokenAnswer(account.issue(code, client, call.at)));
}

const hasSecret = (call: Call) => call.headers.authorization !== undefined;
const sha256 = (value: string) => createHash('sha256').update(value).digest();

/** The client by its secret (Basic), or, for PKCE, by its id alone: then the code's challenge is what proves it. */
function clientOf(call: Call, form: URLSearchParams, clients: readonly Client[]): Client | undefined {
  const basic = /^Basic\s+(.+)$/i.exec(call.headers.authorization ?? '')?.[1];
  if (basic === undefined) {
    return form.has('code_verifier')
      ? clients.find(({ clientId }) => clientId === form.get('client_id'))
      : undefined;
  }
  const given = Buffer.from(basic, 'base64').toString('utf8');
  return clients.find(({ clientId, clientSecret }) =>
    timingSafeEqual(sha256(given), sha256(`${clientId}:${clientSecret}`)),
  );
}
