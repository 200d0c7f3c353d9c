// What can go wrong with a connection's tokens, named by what to do about it. No message holds a token.

/** Somebody must sign in at Constant Contact again: no stored token works. */
export class ReconnectNeeded extends Error {
  readonly code = 'reconnect-needed';
  constructor(
    readonly connectionId: string,
    readonly reason: 'not-signed-in' | 'unreadable' | 'refresh-token-refused',
    cause?: unknown,
  ) {
    super(`connection ${connectionId} must be reconnected: sign in at Constant Contact again (${reason})`, {
      cause,
    });
  }
}

/** The app's own client secret is missing, or Constant Contact does not accept it: connections need no new sign-in. */
export class ClientSecretRefused extends Error {
  readonly code = 'client-secret-refused';
  constructor(
    /** The name of the secret in Key Vault. */
    readonly secretName: string,
    readonly reason: 'missing' | 'refused',
    cause?: unknown,
  ) {
    super(
      `the client secret of the Constant Contact app is ${reason}: put the current one into Key Vault as "${secretName}", ` +
        'and check the client id in the settings',
      { cause },
    );
  }
}

/** Another instance is renewing the tokens and takes too long. Try again. */
export class TokenRenewalBusy extends Error {
  readonly code = 'token-renewal-busy';
  constructor(readonly connectionId: string) {
    super(`the tokens of connection ${connectionId} are being renewed elsewhere; try again`);
  }
}

/** The renewed tokens could not be stored. This instance keeps them and stores them at the next try, so try again here soon. */
export class TokensNotStored extends Error {
  readonly code = 'tokens-not-stored';
  constructor(
    readonly connectionId: string,
    cause: unknown,
  ) {
    super(`the renewed tokens of connection ${connectionId} could not be stored in Key Vault; try again`, {
      cause,
    });
  }
}
