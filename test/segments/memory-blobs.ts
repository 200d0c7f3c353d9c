// Blobs in memory, which change when a test says so: ETags as Azure gives them (without quotes in listings), streams in small pieces.
import { Readable } from 'node:stream';
import { BlobChanged, type BlobFacts, type BlobReader } from '../../shared/platform/blobs';

export interface MemoryBlobs extends BlobReader {
  put(name: string, content: Uint8Array | string, lastModified?: string): void;
  remove(name: string): void;
  /** What was called, such as `level a/`. */
  readonly calls: string[];
  /** Streams that were handed out. */
  readonly streams: Readable[];
}

export function memoryBlobs({ pieceBytes = 7 }: { pieceBytes?: number } = {}): MemoryBlobs {
  const stored = new Map<string, { content: Buffer; etag: string; lastModified: Date }>();
  const calls: string[] = [];
  const streams: Readable[] = [];
  let versions = 0;

  const factsOf = (name: string, quoted: boolean): BlobFacts | undefined => {
    const blob = stored.get(name);
    return (
      blob && {
        name,
        etag: quoted ? `"${blob.etag}"` : blob.etag,
        bytes: blob.content.length,
        lastModified: blob.lastModified,
      }
    );
  };
  const names = (prefix: string) => [...stored.keys()].filter((name) => name.startsWith(prefix)).sort();

  return {
    calls,
    streams,
    put(name, content, lastModified = '2026-01-01T00:00:00.000Z') {
      stored.set(name, {
        content: Buffer.from(content),
        etag: `0x${(versions += 1)}`,
        lastModified: new Date(lastModified),
      });
    },
    remove(name) {
      stored.delete(name);
    },
    level(prefix) {
      calls.push(`level ${prefix}`);
      const below = names(prefix);
      const isFile = (name: string) => !name.slice(prefix.length).includes('/');
      const folderOf = (name: string) => name.slice(0, name.indexOf('/', prefix.length) + 1);
      return Promise.resolve({
        blobs: below.filter(isFile).map((name) => factsOf(name, false)!),
        folders: [...new Set(below.filter((name) => !isFile(name)).map(folderOf))],
      });
    },
    async *list(prefix) {
      calls.push(`list ${prefix}`);
      for (const name of names(prefix)) yield await Promise.resolve(factsOf(name, false)!);
    },
    facts(name) {
      calls.push(`facts ${name}`);
      return Promise.resolve(factsOf(name, true));
    },
    read(name) {
      calls.push(`read ${name}`);
      const facts = factsOf(name, true);
      return Promise.resolve(facts && { content: stored.get(name)!.content, facts });
    },
    stream(name, etag) {
      calls.push(`stream ${name}`);
      const blob = stored.get(name);
      if (!blob || `"${blob.etag}"` !== etag) return Promise.reject(new BlobChanged(name));
      function* pieces() {
        for (let at = 0; at < blob!.content.length; at += pieceBytes)
          yield blob!.content.subarray(at, at + pieceBytes);
      }
      const stream = Readable.from(pieces(), { objectMode: false });
      streams.push(stream);
      return Promise.resolve(stream);
    },
  };
}
