// Text that is too long for a table or a queue goes to a blob, and stays there after the run, as with the real extension.
import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';

/** What fits into a table's property, in characters (60 KB of UTF-16). */
export const longestValue = 30_720;

export interface LargeValues {
  /** Puts text into a blob of the instance; returns the blob's name. */
  put(instanceId: string, text: string): Promise<string>;
  get(blobName: string): Promise<string>;
  /** Removes what an instance left. */
  purge(instanceId: string): Promise<void>;
}

// An instance id can hold what a blob name should not.
const folder = (instanceId: string) => `${encodeURIComponent(instanceId)}/`;

export function makeLargeValues(container: ContainerClient): LargeValues {
  return {
    async put(instanceId, text) {
      const name = `${folder(instanceId)}${randomUUID()}.json`;
      await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text));
      return name;
    },
    get: async (name) => String(await container.getBlobClient(name).downloadToBuffer()),
    async purge(instanceId) {
      for await (const blob of container.listBlobsFlat({ prefix: folder(instanceId) }))
        await container.deleteBlob(blob.name);
    },
  };
}

const reference = 'BlobName';

/** The same record with long texts replaced by `<property>BlobName`. */
export async function shorten(
  values: LargeValues,
  instanceId: string,
  record: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const short: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(record))
    if (typeof value === 'string' && value.length > longestValue)
      short[key + reference] = await values.put(instanceId, value);
    else short[key] = value;
  return short;
}

/** The reverse of `shorten`. */
export async function restore(
  values: LargeValues,
  record: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const whole: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(record))
    if (key.endsWith(reference) && typeof value === 'string')
      whole[key.slice(0, -reference.length)] = await values.get(value);
    else whole[key] = value;
  return whole;
}
