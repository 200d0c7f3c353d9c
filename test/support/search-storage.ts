// Looks for distinctive words in everything that lies in a storage account, also where they are encoded.
import { gunzipSync, inflateSync } from 'node:zlib';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';

export interface Place {
  readonly where: string;
  readonly content: Buffer;
}

/** Every row, message and blob, but for the containers that are meant to hold contacts. */
export async function* everythingIn(
  connectionString: string,
  exceptContainers: readonly string[],
): AsyncIterable<Place> {
  const insecure = { allowInsecureConnection: true };
  for await (const { name = '' } of TableServiceClient.fromConnectionString(
    connectionString,
    insecure,
  ).listTables()) {
    for await (const row of TableClient.fromConnectionString(
      connectionString,
      name,
      insecure,
    ).listEntities()) {
      yield { where: `table ${name}`, content: Buffer.from(JSON.stringify(row)) };
    }
  }
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  for await (const { name } of queues.listQueues()) {
    const { peekedMessageItems } = await queues.getQueueClient(name).peekMessages({ numberOfMessages: 32 });
    for (const { messageText } of peekedMessageItems)
      yield { where: `queue ${name}`, content: Buffer.from(messageText) };
  }
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  for await (const { name: container } of blobs.listContainers()) {
    if (exceptContainers.includes(container)) continue;
    for await (const { name } of blobs.getContainerClient(container).listBlobsFlat()) {
      const content = await blobs.getContainerClient(container).getBlobClient(name).downloadToBuffer();
      yield {
        where: `blob ${container}/${name}`,
        content: Buffer.concat([Buffer.from(`${name}\n`), content]),
      };
    }
  }
}

/** The words that the content holds: as they are, or within base64, percent-encoding, JSON's escapes, UTF-16, gzip or deflate. */
export const wordsIn = (content: Buffer, words: readonly string[]): string[] =>
  makeWordSearch(words)(content);

const deepest = 4;

/** `wordsIn` for many contents that are much alike: what looks like base64 and holds none of the words is unpacked once. */
export function makeWordSearch(words: readonly string[]): (content: Buffer) => string[] {
  const lowerWords = words.map((word) => word.toLowerCase());
  const without = new Set<string>();

  return (content) => {
    const found = new Set<string>();
    const search = (bytes: Buffer, depth: number): boolean => {
      const text = bytes.toString('utf8');
      let holds = false;
      for (const variant of variantsOf(text, bytes)) {
        const lower = variant.toLowerCase();
        for (const [index, word] of words.entries()) {
          if (!lower.includes(lowerWords[index] ?? '')) continue;
          found.add(word);
          holds = true;
        }
      }
      if (depth === 0) return holds;
      for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{12,}={0,2}/g)) {
        if (without.has(run)) continue;
        if (search(Buffer.from(run, 'base64'), depth - 1)) holds = true;
        // Further in it may not have been searched to its end.
        else if (depth === deepest) without.add(run);
      }
      for (const inner of unpacked(bytes)) if (search(inner, depth - 1)) holds = true;
      return holds;
    };
    search(content, deepest);
    return [...found];
  };
}

/** Not `toString('utf16le')`: Node 24 corrupts memory when it meets an odd address. */
const utf16 = new TextDecoder('utf-16le');

function variantsOf(text: string, bytes: Buffer): string[] {
  const unescaped = text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  const decoded = text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
  return [text, unescaped, decoded, utf16.decode(bytes), utf16.decode(bytes.subarray(1))];
}

function unpacked(bytes: Buffer): Buffer[] {
  const inner: Buffer[] = [];
  for (const unpack of [gunzipSync, inflateSync]) {
    try {
      inner.push(unpack(bytes));
    } catch {
      // It was not packed that way.
    }
  }
  return inner;
}
