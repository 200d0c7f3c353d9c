// What the app stands on, and the names under which it finds it.
import type { Clock } from '../shared/platform/clock';
import type { Log } from '../shared/platform/log';
import type { Platform } from '../shared/platform/open-platform';

/** Tests hand in another. */
export interface Ground {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
}

/** The secret of the Constant Contact app, in Key Vault. */
export const clientSecretName = 'constant-contact-client-secret';
