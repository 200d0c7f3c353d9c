// A BlobStore in memory, for tests: the same rules as the real one, and a place to step in before any call.
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { BlobChanged, type BlobFacts, type BlobStore } from '../../shared/platform/blobs';

export type BlobOperation =
  | 'level'
  | 'list'
  | 'facts'
  | 'read'
  | 'stream'
  | 'create'
  | 'write'
  | 'replace'
  | 'append'
  | 'commit'
  | 'remove';

interface Stored {
  readonly content: Buffer;
  readonly contentType: string;
  readonly facts: BlobFacts;
}

export interface MemoryBlobs extends BlobStore {
  /** The committed blobs: name -> content and type. */
  readonly blobs: ReadonlyMap<string, { readonly content: Buffer; readonly contentType: string }>;
  /** The names, sorted. */
  names(): string[];
  /** @throws when there is no such blob. */
  text(name: string): string;
}

export interface MemoryBlobsOptions {
  /** Called before every operation; it may wait, or throw in the operation's place. */
  before?(operation: BlobOperation, name: string, bytes: number): Promise<void> | void;
  /** Called after an operation took effect; a throw is an answer that got lost. */
  after?(operation: BlobOperation, name: string): Promise<void> | void;
}

export function makeMemoryBlobs({ before, after }: MemoryBlobsOptions = {}): MemoryBlobs {
  const blobs = new Map<string, Stored>();
  let versions = 0;

  const put = (name: string, content: Buffer, contentType: string) => {
    const facts = {
      name,
      etag: `"${++versions}"`,
      bytes: content.length,
      lastModified: new Date(versions * 1000),
    };
    blobs.set(name, { content, contentType, facts });
  };
  const copy = (content: Uint8Array | string) => Buffer.from(content as Uint8Array);
  /** Every operation lets others run in between, as a request does. */
  const operate = async <T>(
    operation: BlobOperation,
    name: string,
    bytes: number,
    effect: () => T,
  ): Promise<T> => {
    await before?.(operation, name, bytes);
    await setImmediate();
    const result = effect();
    await after?.(operation, name);
    return result;
  };
  const matching = (prefix: string) =>
    [...blobs.values()]
      .map(({ facts }) => facts)
      .filter(({ name }) => name.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));

  return {
    blobs,
    names: () => [...blobs.keys()].sort(),
    text(name) {
      const found = blobs.get(name);
      if (!found) throw new Error(`there is no blob ${name}; there are: ${[...blobs.keys()].join(', ')}`);
      return found.content.toString();
    },

    prepare: () => Promise.resolve(),

    level: (prefix) =>
      operate('level', prefix, 0, () => {
        const found: BlobFacts[] = [];
        const folders = new Set<string>();
        for (const facts of matching(prefix)) {
          const slash = facts.name.indexOf('/', prefix.length);
          if (slash < 0) found.push(facts);
          else folders.add(facts.name.slice(0, slash + 1));
        }
        return { blobs: found, folders: [...folders] };
      }),

    async *list(prefix) {
      yield* await operate('list', prefix, 0, () => matching(prefix));
    },

    facts: (name) => operate('facts', name, 0, () => blobs.get(name)?.facts),

    read: (name) =>
      operate('read', name, 0, () => {
        const found = blobs.get(name);
        return found && { content: copy(found.content), facts: found.facts };
      }),

    stream: (name, etag) =>
      operate('stream', name, 0, () => {
        const found = blobs.get(name);
        if (!found || (etag !== undefined && found.facts.etag !== etag)) throw new BlobChanged(name);
        return Readable.from([copy(found.content)]);
      }),

    create: (name, content, contentType) => {
      const bytes = copy(content);
      return operate('create', name, bytes.length, () => {
        if (blobs.has(name)) return false;
        put(name, bytes, contentType);
        return true;
      });
    },

    // The bytes are taken when the request ends, not when it begins: who changes them too early is found out.
    write: (name, content, contentType) =>
      operate('write', name, content.length, () => put(name, copy(content), contentType)),

    replace: (name, etag, content, contentType) =>
      operate('replace', name, content.length, () => {
        if (blobs.get(name)?.facts.etag !== etag) return false;
        put(name, copy(content), contentType);
        return true;
      }),

    upload(name, contentType) {
      const blocks: Buffer[] = [];
      let staged = 0;
      return {
        append(bytes) {
          const index = staged++;
          return operate('append', name, bytes.byteLength, () => {
            blocks[index] = copy(bytes);
          });
        },
        commit: () => operate('commit', name, 0, () => put(name, Buffer.concat(blocks), contentType)),
      };
    },

    remove: (name) =>
      operate('remove', name, 0, () => {
        blobs.delete(name);
      }),

    async removeAll(prefix) {
      for (const { name } of matching(prefix)) await this.remove(name);
    },
  };
}
