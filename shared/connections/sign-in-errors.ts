// Why a sign-in at Constant Contact came to nothing, one class per cause, named by what to do. Nothing here holds a code, a state or a
// token, nor any text that came with the browser.

import { hasToSignInAgain } from './connection-errors';

/** What all of them are: nothing was stored, and the connection is what it was. */
export abstract class SignInFailed extends Error {
  abstract readonly code: string;
}

/** The app does not know its own address. */
export class RedirectAddressMissing extends SignInFailed {
  readonly code = 'redirect-address-missing';
  constructor() {
    super(
      'the app does not know the address that Constant Contact sends the browser back to: set CONSTANT_CONTACT_REDIRECT_URL',
    );
  }
}

/** No sign-in that began here has this state: begin again from the connection. */
export class SignInUnknown extends SignInFailed {
  readonly code = 'sign-in-unknown';
  constructor() {
    super('no sign-in that began here belongs to this answer; begin again from the connection');
  }
}

/** It came back too late: begin again. */
export class SignInExpired extends SignInFailed {
  readonly code = 'sign-in-expired';
  constructor(readonly connectionId: string) {
    super('the sign-in took too long; begin again from the connection');
  }
}

/** It came back a second time: look at the connection first, as the first time may have worked. */
export class SignInUsed extends SignInFailed {
  readonly code = 'sign-in-used';
  constructor(readonly connectionId: string) {
    super(
      'this sign-in has come back once already; look whether the connection is connected, and begin again if not',
    );
  }
}

/** Somebody else began it: whoever began has to finish, or begin anew as yourself. */
export class SignInOfAnother extends SignInFailed {
  readonly code = 'sign-in-of-another';
  constructor() {
    super('somebody else began this sign-in; begin one yourself from the connection');
  }
}

/** The connection was removed while somebody signed in. */
export class SignInConnectionRemoved extends SignInFailed {
  readonly code = 'sign-in-connection-removed';
  constructor(readonly connectionId: string) {
    super('the connection was removed meanwhile; make a new one, and sign in there');
  }
}

/** The person said no at Constant Contact. */
export class SignInDenied extends SignInFailed {
  readonly code = 'sign-in-denied';
  constructor(readonly connectionId: string) {
    super('access was not allowed at Constant Contact; begin again, and choose “Allow” there');
  }
}

/** Constant Contact gave another error than a denial, or no code. */
export class SignInRefused extends SignInFailed {
  readonly code = 'sign-in-refused';
  constructor(
    readonly connectionId: string,
    /** OAuth's word for it, if it gave one that is known. */
    readonly errorKey: string | undefined,
  ) {
    super(
      `Constant Contact refused the sign-in${errorKey === undefined ? '' : ` (${errorKey})`}; check the app’s client id, redirect address ` +
        'and scopes at Constant Contact, and begin again',
    );
  }
}

/** The code is too old, was used before, or belongs to another sign-in. */
export class SignInCodeRefused extends SignInFailed {
  readonly code = 'sign-in-code-refused';
  constructor(
    readonly connectionId: string,
    cause?: unknown,
  ) {
    super(
      'Constant Contact did not accept the code of this sign-in (it is good for five minutes, and once); begin again from the connection',
      { cause },
    );
  }
}

/** Signed in to another account than the connection's. */
export class WrongAccount extends SignInFailed {
  readonly code = 'wrong-account';
  constructor(
    readonly connectionId: string,
    /** The organisation of the account that the connection belongs to. */
    readonly organization: string,
    /** The connection that has the other account, if it has lost its sign-in by this. */
    readonly lostBy?: string,
  ) {
    super(
      `this connection belongs to the Constant Contact account of “${organization}”, and the sign-in was to another account; ` +
        'sign out at Constant Contact and sign in to that account, or make a connection of its own for the other one' +
        (lostBy === undefined ? '' : hasToSignInAgain(lostBy)),
    );
  }
}

/** The person, or the app's scopes, may not do what an export does. */
export class PrivilegeMissing extends SignInFailed {
  readonly code = 'privilege-missing';
  constructor(
    readonly connectionId: string,
    /** `account`: reading the account's summary; `import`: importing contacts. */
    readonly what: 'account' | 'import',
    cause?: unknown,
  ) {
    super(
      what === 'import'
        ? 'the person who signed in may not import contacts at Constant Contact; sign in as an account owner or manager, or have the ' +
            'role changed there. Tokens of earlier sign-ins to this account may have ended'
        : 'the person who signed in, or the app, may not read the account’s summary; sign in as an account owner or manager, and check ' +
            'that the app at Constant Contact is active',
      { cause },
    );
  }
}

/** No refresh token came: the sign-in would end after a day. */
export class RefreshTokenMissing extends SignInFailed {
  readonly code = 'refresh-token-missing';
  constructor(readonly connectionId: string) {
    super(
      'Constant Contact granted no lasting access (no refresh token); check that the app there may have the scope offline_access, ' +
        'and begin again',
    );
  }
}

/** Constant Contact, or something on the way, failed in the middle: begin again. */
export class SignInInterrupted extends SignInFailed {
  readonly code = 'sign-in-interrupted';
  constructor(
    readonly connectionId: string,
    cause: unknown,
  ) {
    super('the sign-in could not be completed, as a call failed on the way; begin again in a minute', {
      cause,
    });
  }
}
