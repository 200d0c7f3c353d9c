// Causes for which a run fails, and that pass: it goes on later, without anybody's help. Pure.
import { keyVaultRefused, unavailable } from './remedy';
import type { Reason } from './run';

/** What the row says while the run waits, by the code of the cause. */
const passing: ReadonlyMap<string, string> = new Map([
  [unavailable.code, 'Constant Contact could not be reached, or answered with faults, again and again.'],
  [
    keyVaultRefused.code,
    "Key Vault refuses this app, which keeps the sign-in there. If nobody has just changed that: the app's identity needs the role Key Vault Secrets Officer on the vault, and the vault's firewall must let it in.",
  ],
  ['segment-changing', 'The files of the segment kept changing, or were missing, while they were read.'],
  ['internal', 'A part of the app, or storage, failed again and again; the log says which.'],
]);

/** @returns what the row says of a run that goes on then; `undefined` for a cause that does not pass by itself. */
export function whileRetrying({ code }: Reason, until: number): Reason | undefined {
  const cause = passing.get(code);
  return cause === undefined
    ? undefined
    : { code, sentence: `${cause} The run goes on by itself at ${new Date(until).toISOString()}.` };
}
