// Blob storage as the app sees it: read what others wrote, pinned by ETag; write our own, create-only where it decides something.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobDownloadHeaders, ContainerClient } from '@azure/storage-blob';
import { statusOf } from './azure-errors';
import { release } from './release';

export interface BlobFacts {
  readonly name: string;
  readonly etag: string;
  readonly bytes: number;
  readonly lastModified: Date;
}

/** A blob is gone, or is no longer the version that was asked for. */
export class BlobChanged extends Error {
  readonly code = 'blob-changed';
  constructor(readonly blob: string) {
    super('a blob changed or vanished while it was read');
  }
}

export interface BlobReader {
  /** The blobs whose names start with `prefix`, and the folders (ending in `/`) one level below it. */
  level(
    prefix: string,
  ): Promise<{ readonly blobs: readonly BlobFacts[]; readonly folders: readonly string[] }>;
  /** Every blob whose name starts with `prefix`, in the order of the names. */
  list(prefix: string): AsyncIterable<BlobFacts>;
  /** `undefined` when there is no such blob. */
  facts(name: string): Promise<BlobFacts | undefined>;
  /** The whole content of a small blob, in memory of the caller's own; `undefined` when there is none. */
  read(name: string): Promise<{ readonly content: Buffer; readonly facts: BlobFacts } | undefined>;
  /**
   * The content as a stream, of exactly the version `etag` if one is named, in chunks that are the caller's own.
   * @throws {BlobChanged} at the start; later the stream fails with the SDK's error.
   */
  stream(name: string, etag?: string): Promise<Readable>;
}

/** Appends to one blob in blocks; readers see nothing before `commit`. */
export interface BlobUpload {
  append(bytes: Uint8Array): Promise<void>;
  commit(): Promise<void>;
}

export interface BlobStore extends BlobReader {
  /** Creates the container unless it is there. */
  prepare(): Promise<void>;
  /** Writes the blob if there is none of that name. @returns whether this call wrote it. */
  create(name: string, content: Uint8Array | string, contentType: string): Promise<boolean>;
  /** Writes the blob, in place of one of that name. */
  write(name: string, content: Uint8Array | string, contentType: string): Promise<void>;
  /** Writes the blob in place of exactly this version. @returns false when there is another, or none. */
  replace(name: string, etag: string, content: Uint8Array | string, contentType: string): Promise<boolean>;
  upload(name: string, contentType: string): BlobUpload;
  remove(name: string): Promise<void>;
  /** Removes every blob whose name starts with `prefix`. */
  removeAll(prefix: string): Promise<void>;
}

/** Somebody else was faster: there is a blob, or another version of it, or it is gone. */
const lost = new Set([409, 412]);

const factsOf = (name: string, headers: BlobDownloadHeaders): BlobFacts => ({
  name,
  etag: headers.etag ?? '',
  bytes: headers.contentLength ?? 0,
  lastModified: headers.lastModified ?? new Date(0),
});

export function makeBlobStore(container: ContainerClient): BlobStore {
  const orUndefined = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };
  const bytesOf = (content: Uint8Array | string) =>
    typeof content === 'string' ? Buffer.from(content) : content;

  /** @returns false when there is not what the conditions ask for. */
  async function writeIf(
    conditions: { readonly ifMatch: string } | { readonly ifNoneMatch: '*' },
    name: string,
    content: Uint8Array | string,
    contentType: string,
  ): Promise<boolean> {
    const bytes = bytesOf(content);
    try {
      await container.getBlockBlobClient(name).upload(bytes, bytes.byteLength, {
        conditions,
        blobHTTPHeaders: { blobContentType: contentType },
      });
      return true;
    } catch (error) {
      if (lost.has(statusOf(error) ?? 0)) return false;
      throw error;
    }
  }

  const store: BlobStore = {
    async prepare() {
      await container.createIfNotExists();
    },

    async level(prefix) {
      const blobs: BlobFacts[] = [];
      const folders: string[] = [];
      for await (const item of container.listBlobsByHierarchy('/', { prefix })) {
        if (item.kind === 'prefix') folders.push(item.name);
        else blobs.push(factsOf(item.name, item.properties));
      }
      return { blobs, folders };
    },

    async *list(prefix) {
      for await (const item of container.listBlobsFlat({ prefix })) {
        yield factsOf(item.name, item.properties);
      }
    },

    async facts(name) {
      const found = await orUndefined(container.getBlobClient(name).getProperties());
      return found && factsOf(name, found);
    },

    async read(name) {
      const answer = await orUndefined(container.getBlobClient(name).download());
      if (!answer?.readableStreamBody) return undefined;
      const facts = factsOf(name, answer);
      // In one piece from the start, of memory of its own. The stream fails unless it brings just as many bytes.
      const content = Buffer.allocUnsafeSlow(facts.bytes);
      let filled = 0;
      for await (const chunk of answer.readableStreamBody) {
        filled += (chunk as Buffer).copy(content, filled);
        release(chunk as Buffer);
      }
      return { content, facts };
    },

    async stream(name, etag) {
      try {
        const answer = await container
          .getBlobClient(name)
          .download(0, undefined, etag === undefined ? {} : { conditions: { ifMatch: etag } });
        const body = answer.readableStreamBody;
        if (!(body instanceof Readable)) throw new Error('the storage SDK gave no stream');
        return body;
      } catch (error) {
        if (statusOf(error) === 404 || statusOf(error) === 412) throw new BlobChanged(name);
        throw error;
      }
    },

    create: (name, content, contentType) => writeIf({ ifNoneMatch: '*' }, name, content, contentType),

    replace: (name, etag, content, contentType) => writeIf({ ifMatch: etag }, name, content, contentType),

    async write(name, content, contentType) {
      const bytes = bytesOf(content);
      await container.getBlockBlobClient(name).upload(bytes, bytes.byteLength, {
        blobHTTPHeaders: { blobContentType: contentType },
      });
    },

    upload(name, contentType) {
      const client = container.getBlockBlobClient(name);
      const execution = randomUUID();
      const blocks: string[] = [];
      return {
        async append(bytes) {
          const id = Buffer.from(`${execution}-${String(blocks.length).padStart(6, '0')}`).toString('base64');
          blocks.push(id);
          await client.stageBlock(id, bytes, bytes.byteLength);
        },
        async commit() {
          await client.commitBlockList(blocks, { blobHTTPHeaders: { blobContentType: contentType } });
        },
      };
    },

    async remove(name) {
      await container.getBlobClient(name).deleteIfExists();
    },

    async removeAll(prefix) {
      for await (const { name } of store.list(prefix)) await store.remove(name);
    },
  };
  return store;
}
