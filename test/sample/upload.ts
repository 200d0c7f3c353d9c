// Puts a sample into Blob storage as Customer Insights does: the shards first, and model.json when all of them are there.
import { BlobServiceClient } from '@azure/storage-blob';
import type { Sample } from './sample';

const blockBytes = 4 * 1024 * 1024;
const blocksAtOnce = 2;

/** Creates the container unless it is there. */
export async function uploadSample(
  sample: Sample,
  connectionString: string,
  container: string,
): Promise<void> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  await client.createIfNotExists();
  // One after another: making them is what takes the time, and that has one thread.
  for (const shard of sample.shards) {
    await client.getBlockBlobClient(shard.blob).uploadStream(shard.stream(), blockBytes, blocksAtOnce);
  }
  await uploadModel(sample, connectionString, container);
}

/** Writes `model.json` alone, with locations in the account as it can be reached now. */
export async function uploadModel(
  sample: Sample,
  connectionString: string,
  container: string,
): Promise<void> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  const model = sample.model(client.url);
  await client.getBlockBlobClient(sample.modelBlob).upload(model, Buffer.byteLength(model), {
    blobHTTPHeaders: { blobContentType: 'application/json' },
  });
}
