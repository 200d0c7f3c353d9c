// What calls and renewals show of a connection, told to whoever keeps it. Nothing here holds a token.

/** `refused`: Constant Contact accepts neither the access token nor a renewed one. */
export type CallOutcome = 'succeeded' | 'unreachable' | 'refused';

/** Its methods never throw. */
export interface ConnectionObserver {
  /** Tokens were renewed, or obtained by a sign-in. `refreshTokens` is `undefined` while their kind is not known. */
  renewed(
    connectionId: string,
    facts: {
      readonly refreshTokens: 'rotating' | 'long-lived' | undefined;
      /** ISO 8601, UTC. */
      readonly accessTokenEndsAt: string;
    },
  ): Promise<void>;
  /** Somebody must sign in again. */
  reconnectNeeded(connectionId: string, reason: string): Promise<void>;
  /** How a call to Constant Contact went. */
  called(connectionId: string, outcome: CallOutcome): Promise<void>;
}
