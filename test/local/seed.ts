// The connection and the export that the demo and the local stack run with, written through the app's own stores.
import { makeConnectionStore } from '../../shared/connections/connection-store';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { makeExportStore } from '../../shared/exports/export-store';
import { newId } from '../../shared/platform/ids';
import { openPlatform } from '../../shared/platform/open-platform';
import { readSettings } from '../../shared/platform/settings';
import type { Stack } from './stack';

export interface WantedExport {
  readonly name: string;
  /** The Constant Contact list that the contacts join. */
  readonly listId: string;
  /** In the order that decides whose values win. */
  readonly segments: readonly string[];
  /** Names of columns. */
  readonly columns: {
    readonly email: string;
    readonly profileId: string;
    readonly firstName: string;
    readonly lastName: string;
  };
}

/**
 * Signs a connection in at the emulated Constant Contact, to an account of its own (tokens and client secret go to the vault), and makes
 * an export that uses it.
 */
export async function seedConnectionAndExport(
  stack: Pick<Stack, 'appEnvironment' | 'constantContact'>,
  wanted: WantedExport,
): Promise<{ readonly connectionId: string; readonly exportId: string }> {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = stack.appEnvironment;
  // The identity library looks for these in the process; here that is not the app's own.
  Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });
  const platform = openPlatform(readSettings({ ...stack.appEnvironment }));
  await platform.ready();
  const { constantContact } = stack;
  const now = new Date().toISOString();
  const who = { id: '', name: 'the local set-up' };

  const connectionId = newId();
  // Two connections cannot share an account either.
  const account = { id: connectionId, organization: 'Emulated Organisation' };
  const issued = constantContact.issueTokens({ encodedAccountId: account.id });
  await platform.secrets.set('constant-contact-client-secret', constantContact.clientSecret);
  await platform.secrets.set(
    tokenSecretName(connectionId),
    JSON.stringify({
      accessToken: issued.access_token,
      refreshToken: issued.refresh_token,
      expiresAt: new Date(Date.now() + issued.expires_in * 1000).toISOString(),
    }),
  );
  await makeConnectionStore(platform.tables.connections).create({
    id: connectionId,
    // Two connections cannot share a name.
    name: `Constant Contact for ${wanted.name}`,
    sharedWith: 'administrators-and-contributors',
    consent: { version: '1', acceptedAt: now, acceptedBy: who },
    account,
    exportUser: null,
    contactLimit: null,
    createdAt: now,
    createdBy: who,
    updatedAt: now,
    updatedBy: who,
    removing: null,
  });

  const exportId = newId();
  const { email, profileId, firstName, lastName } = wanted.columns;
  await makeExportStore(platform.tables.exports).create({
    id: exportId,
    name: wanted.name,
    connectionId,
    listId: wanted.listId,
    mapping: { email, profileId, fields: { first_name: firstName, last_name: lastName } },
    segments: [...wanted.segments],
    schedule: { kind: 'with-refresh' },
    listName: null,
    addressesInClear: false,
    knownSince: null,
    scheduledSince: null,
    createdAt: now,
    createdBy: who,
    updatedAt: now,
    updatedBy: who,
  });
  return { connectionId, exportId };
}
