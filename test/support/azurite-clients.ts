// Tables and containers of one's own in Azurite, by the app's own adapters.
import { TableClient } from '@azure/data-tables';
import { ContainerClient } from '@azure/storage-blob';
import { makeBlobStore, type BlobStore } from '../../shared/platform/blobs';
import { makeTable, type Table } from '../../shared/platform/tables';
import type { Azurite } from './azurite';

let made = 0;

/** A table that nobody else has, and the client below it. */
export async function makeOwnTable(
  azurite: Pick<Azurite, 'connectionString'>,
): Promise<{ table: Table; client: TableClient }> {
  const client = TableClient.fromConnectionString(azurite.connectionString, `own${(made += 1)}`, {
    allowInsecureConnection: true,
  });
  const table = makeTable(client);
  await table.prepare();
  return { table, client };
}

/** A container that nobody else has, and the client below it. */
export async function makeOwnBlobs(azurite: Azurite): Promise<{ blobs: BlobStore; client: ContainerClient }> {
  const client = new ContainerClient(azurite.connectionString, `own-${(made += 1)}`);
  const blobs = makeBlobStore(client);
  await blobs.prepare();
  return { blobs, client };
}
