// What can go wrong with a connection's configuration, named by what to do about it.

/** Choose another name: names differ by more than case, width and blanks. */
export class NameTaken extends Error {
  readonly code = 'name-taken';
  constructor(
    /** The connection that has it. */
    readonly connectionId: string,
  ) {
    super(`another connection (${connectionId}) has this name already; choose another one`);
  }
}

/** What a sign-in did to the connection that has the account: the refresh tokens of one app and one account end each other. */
export const hasToSignInAgain = (connectionId: string): string =>
  `. Somebody must now sign in again at that connection (${connectionId}): Constant Contact keeps one sign-in of this app for each ` +
  'account, and this one has ended the one before';

/** The account belongs to another connection, and two would end each other's refresh tokens. Sign in there, or to another account. */
export class AccountTaken extends Error {
  readonly code = 'account-taken';
  constructor(
    /** The connection that has it. */
    readonly connectionId: string,
    /** Whether that one has lost its sign-in by this. */
    readonly lost = false,
  ) {
    super(
      `another connection (${connectionId}) is signed in to this Constant Contact account already, and an account is one connection’s. ` +
        `Use that one, or sign in to another account here${lost ? hasToSignInAgain(connectionId) : ''}`,
    );
  }
}

/** There is no such connection, or no longer. */
export class ConnectionMissing extends Error {
  readonly code = 'connection-missing';
  constructor(readonly connectionId: string) {
    super('there is no such connection; it may have been removed');
  }
}

/** It is about to be gone: choose another connection. */
export class ConnectionBeingRemoved extends Error {
  readonly code = 'connection-being-removed';
  constructor(readonly connectionId: string) {
    super(`connection ${connectionId} is being removed; choose another one`);
  }
}

/** Somebody else changed it meanwhile: read it again. */
export class ConnectionChanged extends Error {
  readonly code = 'connection-changed';
  constructor(readonly connectionId: string) {
    super(`connection ${connectionId} has been changed meanwhile; read it again`);
  }
}

/** Nobody has signed in with it yet: begin a sign-in. */
export class NotSignedIn extends Error {
  readonly code = 'not-signed-in';
  constructor(readonly connectionId: string) {
    super(
      `nobody has signed in at Constant Contact for connection ${connectionId} yet; an administrator must do so first`,
    );
  }
}

/** Accept the present text of the agreement first. */
export class ConsentNeeded extends Error {
  readonly code = 'consent-needed';
  constructor(
    readonly connectionId: string,
    /** The version to accept. */
    readonly version: string,
  ) {
    super(`accept version ${version} of the agreement on data privacy for connection ${connectionId} first`);
  }
}

/** What was accepted is not the present text: read it, and accept that. */
export class ConsentOutdated extends Error {
  readonly code = 'consent-outdated';
  constructor(
    /** The version to accept. */
    readonly version: string,
  ) {
    super(`this is not the present text of the agreement; read version ${version}, and accept that`);
  }
}
