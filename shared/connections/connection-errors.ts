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

/** The account belongs to another connection, and two would end each other's refresh tokens. Sign in there, or to another account. */
export class AccountTaken extends Error {
  readonly code = 'account-taken';
  constructor(
    /** The connection that has it. */
    readonly connectionId: string,
  ) {
    super(
      `another connection (${connectionId}) is signed in to this Constant Contact account already. Use that one, and sign in there ` +
        'if it asks for it; or sign in to another account here',
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
