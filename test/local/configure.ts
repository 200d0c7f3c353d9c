// Configures the local app as a person does, through its own HTTP API: a connection, agreed to and signed in at the emulated Constant
// Contact, and an export that uses it.
import { openPlatform } from '../../shared/platform/open-platform';
import { readSettings } from '../../shared/platform/settings';
import type { WantedExport } from './seed';
import type { Stack } from './stack';

type Json = Readonly<Record<string, unknown>>;

/** @returns what it came to. @throws when the app, or Constant Contact, answers otherwise than it should. */
export async function configure(
  stack: Pick<Stack, 'functionsUrl' | 'appEnvironment' | 'constantContact'>,
  { name, listId, segments, columns }: WantedExport,
  signal: AbortSignal,
): Promise<{ readonly connectionId: string; readonly exportId: string }> {
  const ask = async (method: string, path: string, body?: Json): Promise<Json> => {
    const answer = await fetch(new URL(path, stack.functionsUrl), {
      method,
      headers: body ? { 'content-type': 'application/json' } : {},
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return JSON.parse(text) as Json;
  };

  await storeClientSecret(stack);
  const { id } = await ask('POST', '/api/connections', {
    name: 'Constant Contact',
    sharedWith: 'administrators-and-contributors',
  });
  const connection = `/api/connections/${String(id)}`;
  const { text } = await ask('GET', `${connection}/consent`);
  await ask('PUT', `${connection}/consent`, { version: (text as Json)['version'] });
  const { url } = await ask('POST', `${connection}/sign-in`);
  await signInAt(String(url), signal);

  const made = await ask('POST', '/api/exports', {
    name,
    connectionId: id,
    listId,
    mapping: {
      email: columns.email,
      profileId: columns.profileId,
      fields: { first_name: columns.firstName, last_name: columns.lastName },
    },
    segments,
  });
  return { connectionId: String(id), exportId: String(made['id']) };
}

/** What an operator does once, with the command line of Azure: the app itself never learns of a way to write it. */
async function storeClientSecret({
  appEnvironment,
  constantContact,
}: Pick<Stack, 'appEnvironment' | 'constantContact'>): Promise<void> {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = appEnvironment;
  // The identity library looks for these in the process; here that is not the app's own.
  Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });
  const { secrets } = openPlatform(readSettings({ ...appEnvironment }));
  await secrets.set('constant-contact-client-secret', constantContact.clientSecret);
}

/** Presses "Allow" at Constant Contact, as a browser would, and goes back to where it is sent. */
async function signInAt(url: string, signal: AbortSignal): Promise<void> {
  const page = new URL(url);
  page.searchParams.set('auto_approve', 'true');
  const answer = await fetch(page, { signal });
  if (!answer.ok) throw new Error(`the sign-in ended with ${answer.status}: ${await answer.text()}`);
}
