// Makes the Azure clients of this deployment, each with the app's identity, and wraps them in what the app uses of them.
import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { makeBlobServiceClient } from './blob-client';
import { makeBlobStore, type BlobReader, type BlobStore } from './blobs';
import { makeLease, type Lease } from './lease';
import type { Settings } from './settings';
import { makeTable, type Table } from './tables';
import { makeSecretStore, type SecretStore } from './vault';
import { makeSecretClient } from './vault-client';

export const tableNames = [
  'exports',
  'connections',
  'runs',
  'imports',
  'budget',
  'segments',
  'audit',
  'schedule',
] as const;

export interface Platform {
  readonly secrets: SecretStore;
  readonly lease: Lease;
  readonly tables: Readonly<Record<(typeof tableNames)[number], Table>>;
  readonly files: BlobStore;
  /** Where the segments lie; the app only reads there. */
  readonly segmentBlobs: BlobReader;
  readonly segmentContainerUrl: string;
  /** Makes what is not there yet. Tried again after a failure. */
  readonly ready: () => Promise<void>;
}

export function openPlatform(settings: Settings): Platform {
  const credential = new ManagedIdentityCredential(
    settings.AZURE_CLIENT_ID ? { clientId: settings.AZURE_CLIENT_ID } : {},
  );

  const table = (name: string) => {
    const account = settings.stateStorage;
    return makeTable(
      'connectionString' in account
        ? TableClient.fromConnectionString(account.connectionString, name, { allowInsecureConnection: true })
        : new TableClient(account.tableEndpoint, name, credential),
    );
  };

  const state = makeBlobServiceClient(settings.stateStorage, credential);
  const files = makeBlobStore(state.getContainerClient('runs'));
  const lease = makeLease(state.getContainerClient('leases'));
  const tables = Object.fromEntries(tableNames.map((name) => [name, table(name)])) as Record<
    (typeof tableNames)[number],
    Table
  >;
  const segmentContainer = makeBlobServiceClient(settings.segmentStorage, credential).getContainerClient(
    settings.SEGMENT_CONTAINER,
  );

  let prepared: Promise<void> | undefined;
  const prepare = async () => {
    await Promise.all([
      files.prepare(),
      lease.prepare(),
      ...tableNames.map((name) => tables[name].prepare()),
    ]);
  };

  return {
    secrets: makeSecretStore(makeSecretClient(settings.KEY_VAULT_URL, credential)),
    lease,
    tables,
    files,
    segmentBlobs: makeBlobStore(segmentContainer),
    segmentContainerUrl: segmentContainer.url,
    async ready() {
      prepared ??= prepare();
      try {
        await prepared;
      } catch (error) {
        prepared = undefined;
        throw error;
      }
    },
  };
}
