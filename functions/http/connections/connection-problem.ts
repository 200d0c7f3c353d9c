// What goes wrong with connections, as the caller of this API is told it.
import {
  AccountTaken,
  ConnectionBeingRemoved,
  ConnectionChanged,
  ConnectionMissing,
  ConsentNeeded,
  ConsentOutdated,
  NameTaken,
  NotSignedIn,
} from '../../../shared/connections/connection-errors';
import { SignInFailed } from '../../../shared/connections/sign-in-errors';
import { ListNameTaken } from '../../../shared/constant-contact/create-list';
import { NotAllowed } from '../../../shared/constant-contact/errors';
import { ClientSecretRefused, ReconnectNeeded } from '../../../shared/constant-contact/token-errors';
import type { Clock } from '../../../shared/platform/clock';
import { awayProblem } from '../constant-contact-away';
import { changedMeanwhile } from '../etag';
import { notFound, Problem } from '../problem';

/** @throws {Problem} in place of what `work` throws, where there is something to tell; else what it throws. */
export async function orProblem<T>({ clock }: { readonly clock: Clock }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error) ?? awayProblem(error, clock.now()) ?? error;
  }
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ConnectionMissing) return notFound('connection');
  if (error instanceof ConnectionChanged) return changedMeanwhile();
  if (error instanceof NameTaken)
    return conflict(error, 'The name is taken.', { connection: error.connectionId });
  if (error instanceof ListNameTaken)
    return conflict(error, 'The name is taken.', { list: error.listId ?? null });
  if (error instanceof ConsentNeeded || error instanceof ConsentOutdated)
    return conflict(error, 'Agree first.', { version: error.version });
  if (error instanceof AccountTaken)
    return conflict(error, 'The account belongs to another connection.', { connection: error.connectionId });
  if (error instanceof ConnectionBeingRemoved) return conflict(error, 'The connection is being removed.');
  if (error instanceof NotSignedIn) return conflict(error, 'Sign in at Constant Contact first.');
  if (error instanceof ReconnectNeeded) return conflict(error, 'Sign in at Constant Contact again.');
  if (error instanceof NotAllowed) return conflict(error, 'Constant Contact does not allow this.');
  if (error instanceof ClientSecretRefused)
    return conflict(error, 'The app is not set up for Constant Contact.');
  if (error instanceof SignInFailed) return conflict(error, 'You are not signed in at Constant Contact.');
  return undefined;
}

/** The messages of these errors say what to do, and hold nothing that came from outside. */
function conflict(
  { code, message }: Error & { readonly code: string },
  title: string,
  extra: Readonly<Record<string, unknown>> = {},
): Problem {
  return new Problem(409, code, title, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`, extra);
}
