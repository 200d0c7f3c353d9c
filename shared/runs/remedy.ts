// What an error on the way to Constant Contact means for a run: wait, stop with a sentence, or (undefined) let the host try again.
import { DaySpent, WaitForSlot } from '../constant-contact/budget';
import {
  isUnavailable,
  JobQueueFull,
  NotAllowed,
  QuotaExceeded,
  Throttled,
  Unauthorized,
} from '../constant-contact/errors';
import { ClientSecretRefused, ReconnectNeeded, TokensNotStored } from '../constant-contact/token-errors';
import { VaultRefused } from '../platform/vault';
import type { Reason } from './run';
import type { Later } from './steps';

/** While the account's queue is full: its jobs take minutes. */
const queuePause = 120_000;
const throttlePause = 2_000;

/** Tokens come from Key Vault, and are stored there when they have been renewed. */
const isVaultRefused = (error: unknown): boolean =>
  error instanceof VaultRefused || (error instanceof TokensNotStored && error.cause instanceof VaultRefused);

/** It passes, sooner or later, or somebody mends it meanwhile: a new role takes minutes to work. */
export const isAway = (error: unknown): boolean => isUnavailable(error) || isVaultRefused(error);

export const unavailable: Reason = {
  code: 'constant-contact-unavailable',
  sentence:
    'Constant Contact could not be reached, or answered with faults, again and again. Run the export again later.',
};

export const keyVaultRefused: Reason = {
  code: 'vault-refused',
  sentence:
    "Key Vault refuses this app, which keeps the sign-in there. An administrator must give the app's identity the role Key Vault Secrets Officer on the vault, and look whether the vault's firewall lets it in; then run the export again.",
};

/** What a run says, and waits for, that was kept from going on by what `isAway` names. */
export const whyAway = (error: unknown): { readonly why: Later['why']; readonly reason: Reason } =>
  isVaultRefused(error)
    ? { why: 'key-vault', reason: keyVaultRefused }
    : { why: 'constant-contact-away', reason: unavailable };

export function remedyFor(error: unknown, now: number): Later | Reason | undefined {
  if (error instanceof WaitForSlot) return { kind: 'later', until: error.until, why: 'request-budget' };
  if (error instanceof DaySpent || error instanceof QuotaExceeded)
    return { kind: 'later', until: error.until, why: 'day-budget' };
  if (error instanceof Throttled)
    return {
      kind: 'later',
      until: now + (error.retryAfterMilliseconds ?? throttlePause),
      why: 'request-budget',
    };
  if (error instanceof JobQueueFull)
    return { kind: 'later', until: now + (error.retryAfterMilliseconds ?? queuePause), why: 'job-queue' };
  if (error instanceof ReconnectNeeded || error instanceof Unauthorized) {
    return {
      code: 'reconnect-needed',
      sentence:
        'Constant Contact no longer accepts the sign-in of this connection. An administrator must sign in again; then run the export again.',
    };
  }
  if (error instanceof ClientSecretRefused) {
    return {
      code: 'client-secret-refused',
      sentence:
        'Constant Contact refuses the client secret of this app. An administrator must store the current one in Key Vault; then run the export again.',
    };
  }
  if (error instanceof NotAllowed) {
    return {
      code: 'not-allowed',
      sentence:
        'The Constant Contact user of this connection may not do this, or the app is deactivated there. Sign in with a user who may manage contacts; then run the export again.',
    };
  }
  return undefined;
}
