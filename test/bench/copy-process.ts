// A process that only copies, with the storage SDK: it downloads the shards and uploads files of the batches' sizes. What the app needs
// beyond that is its own.
import { randomBytes } from 'node:crypto';
import { ContainerClient } from '@azure/storage-blob';
import { answerJobs } from './measured-process';

export interface CopyJob {
  readonly connectionString: string;
  readonly container: string;
  readonly shards: readonly string[];
  /** Bytes of each file. */
  readonly uploads: readonly number[];
}

/** As many as the app has under way. */
const uploadsAtOnce = 4;

async function download(container: ContainerClient, name: string): Promise<number> {
  const { readableStreamBody } = await container.getBlobClient(name).download();
  let bytes = 0;
  for await (const chunk of readableStreamBody!) bytes += chunk.length;
  return bytes;
}

answerJobs(async ({ connectionString, container, shards, uploads }: CopyJob) => {
  const client = new ContainerClient(connectionString, container);
  const content = randomBytes(Math.max(...uploads));
  const copies = new ContainerClient(connectionString, 'copies');
  await copies.createIfNotExists();

  const started = performance.now();
  let bytes = 0;
  for (const name of shards) bytes += await download(client, name);
  const left = [...uploads.entries()];
  const upload = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [index, size] = next;
      await copies.getBlockBlobClient(`${index}.csv`).upload(content.subarray(0, size), size);
    }
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, upload));
  const seconds = (performance.now() - started) / 1000;
  await copies.delete();
  return { seconds, bytes };
});
