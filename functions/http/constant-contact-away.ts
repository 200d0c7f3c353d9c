// What a call to Constant Contact that cannot be made now looks like to the caller of this API: not their fault, and worth another try.
import { ConstantContactError } from '../../shared/constant-contact/errors';
import { TokenRenewalBusy, TokensNotStored } from '../../shared/constant-contact/token-errors';
import { isAway, remedyFor } from '../../shared/runs/remedy';
import { Problem } from './problem';

/** Where nothing tells how long it takes. Seconds. */
const usualPause = 60;

/** @returns `undefined` for whatever is something else. */
export function awayProblem(error: unknown, now: number): Problem | undefined {
  const remedy = remedyFor(error, now);
  const until = remedy && 'kind' in remedy ? remedy.until : undefined;
  const passes = isAway(error) || error instanceof TokenRenewalBusy || error instanceof TokensNotStored;
  if (until === undefined && !passes) return undefined;
  const asked = error instanceof ConstantContactError ? error.retryAfterMilliseconds : undefined;
  const milliseconds = until === undefined ? (asked ?? usualPause * 1000) : until - now;
  return new Problem(
    503,
    'constant-contact-away',
    'Constant Contact cannot be asked now.',
    'Nothing was changed. Try again after the time that Retry-After names.',
    {},
    { 'retry-after': String(Math.max(1, Math.ceil(milliseconds / 1000))) },
  );
}
