// What follows a code of a sign-in: tokens for it, a look at the account, the proof of the privilege, and only then is anything stored.
import type { ConstantContact } from '../constant-contact/client';
import { NotAllowed } from '../constant-contact/errors';
import type { ConnectionObserver } from '../constant-contact/observer';
import type { AccountSummary } from '../constant-contact/schemas';
import type { SignInCode, TokenAnswer, TokenEndpoint } from '../constant-contact/token-endpoint';
import type { Tokens } from '../constant-contact/tokens';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { Actor } from '../access/actor';
import type { Connection } from './connection';
import { AccountTaken } from './connection-errors';
import type { ConnectionStore } from './connection-store';
import type { HealthFactsStore } from './health-facts';
import { patiently } from './patiently';
import { PrivilegeMissing, RefreshTokenMissing, SignInCodeRefused, WrongAccount } from './sign-in-errors';

export interface CompleteSignInDeps {
  readonly connections: Pick<ConnectionStore, 'change' | 'ofAccount'>;
  readonly endpoint: Pick<TokenEndpoint, 'exchange'>;
  readonly tokens: Pick<Tokens, 'signedIn' | 'accessToken'>;
  /** The calls of whoever has this access token. */
  readonly accountOf: (accessToken: string) => Pick<ConstantContact, 'accountSummary' | 'proveImport'>;
  readonly facts: Pick<HealthFactsStore, 'get'>;
  readonly observer: Pick<ConnectionObserver, 'reconnectNeeded'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** @returns the connection as it is now. @throws {SignInFailed} {AccountTaken}, and whatever the calls and stores throw. */
export type CompleteSignIn = (connection: Connection, code: SignInCode, by: Actor) => Promise<Connection>;

export function makeCompleteSignIn(deps: CompleteSignInDeps): CompleteSignIn {
  const { connections, endpoint, tokens, accountOf, facts, observer, clock, log } = deps;

  async function exchange(connectionId: string, code: SignInCode) {
    const answer = await endpoint.exchange(code);
    if ('refused' in answer) throw new SignInCodeRefused(connectionId, answer.refused);
    const { refreshToken } = answer;
    if (refreshToken === undefined) throw new RefreshTokenMissing(connectionId);
    return { ...answer, refreshToken };
  }

  /** Asks for `work` until it is answered, as what was exchanged is in this instance's memory alone. */
  async function proven<T>(
    connectionId: string,
    what: 'account' | 'import',
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await patiently(clock, work);
    } catch (error) {
      throw error instanceof NotAllowed ? new PrivilegeMissing(connectionId, what, error) : error;
    }
  }

  /** Pins the account and records who signed in, and takes both back when the tokens cannot be stored. */
  async function store(
    before: Connection,
    answer: TokenAnswer & { readonly refreshToken: string },
    { id, organizationName }: AccountSummary,
    by: Actor,
  ): Promise<Connection> {
    const at = new Date(clock.now()).toISOString();
    let pinned: Connection | undefined;
    const pin = async () => {
      const { value } = await connections.change(before.id, undefined, (connection) => {
        if (connection.account && connection.account.id !== id)
          throw new WrongAccount(connection.id, connection.account.organization);
        return {
          ...connection,
          account: { id, organization: organizationName ?? id },
          exportUser: { signedInBy: by, signedInAt: at },
          updatedAt: at,
          updatedBy: by,
        };
      });
      pinned = value;
    };
    try {
      await tokens.signedIn(before.id, answer, pin);
    } catch (error) {
      if (pinned) await unpin(before, at, by);
      throw error;
    }
    return pinned ?? before;
  }

  /** Takes back what this sign-in wrote, and nothing that another one has written since. */
  async function unpin({ id, account, exportUser }: Connection, at: string, by: Actor): Promise<void> {
    try {
      await connections.change(id, undefined, (connection) => {
        const last = connection.exportUser;
        const isOurs = last?.signedInAt === at && last.signedInBy.id === by.id;
        return isOurs ? { ...connection, account, exportUser } : connection;
      });
    } catch (error) {
      log.warn('connection.sign-in-not-undone', { connection: id, code: codeOf(error) });
    }
  }

  /**
   * The code was exchanged, which ended the rotating refresh token that a connection to this account may have had.
   * @returns another connection than this one that has lost its sign-in by that.
   */
  async function tellWhoLost(connectionId: string, accountId: string): Promise<string | undefined> {
    try {
      const holder = await connections.ofAccount(accountId);
      if (holder === undefined || (await facts.get(holder)).refreshTokens === 'long-lived') return undefined;
      await observer.reconnectNeeded(holder, 'signed-in-elsewhere');
      return holder === connectionId || (await canRenew(holder)) ? undefined : holder;
    } catch (error) {
      log.warn('connection.health-not-recorded', { code: codeOf(error) });
      return undefined;
    }
  }

  /** A renewal that succeeds shows that the sign-in has not ended after all, and takes back what was told of it. */
  async function canRenew(connectionId: string): Promise<boolean> {
    try {
      await tokens.accessToken(connectionId, { obtainedAfter: clock.now() });
      return true;
    } catch {
      // What it shows has been logged; what could not be asked now shows at the next renewal.
      return false;
    }
  }

  return async (connection, code, by) => {
    const connectionId = connection.id;
    const answer = await exchange(connectionId, code);
    const account = accountOf(answer.accessToken);
    const summary = await proven(connectionId, 'account', () => account.accountSummary());
    try {
      if (connection.account && connection.account.id !== summary.id)
        throw new WrongAccount(connectionId, connection.account.organization);
      await proven(connectionId, 'import', () => account.proveImport());
      return await store(connection, answer, summary, by);
    } catch (error) {
      const lost = await tellWhoLost(connectionId, summary.id);
      if (lost !== undefined && error instanceof AccountTaken) throw new AccountTaken(lost, true);
      if (lost !== undefined && error instanceof WrongAccount)
        throw new WrongAccount(connectionId, error.organization, lost);
      throw error;
    }
  };
}
