// The bytes of one shard, as UTF-8: pinned to its version, unpacked where they are gzip, decoded where they are in another encoding.
import { createGunzip } from 'node:zlib';
import { statusOf } from '../platform/azure-errors';
import { BlobChanged, type BlobReader } from '../platform/blobs';
import { peek, released, type Chunks } from './chunks';
import type { TextBytes } from './csv-rules';
import { EncodingWrong, ReadInterrupted, ShardChanged, ShardUnreadable } from './errors';
import type { Shard } from './segment';

/** What comes out of gzip at a time. Bytes. */
const unpackedChunkBytes = 64 * 1024;
/** Looked at to tell UTF-16 from UTF-8. Bytes. */
const sampleBytes = 64;

/** Exactly the version that is pinned, or an error. */
async function* pinned(blobs: BlobReader, shard: Shard): Chunks {
  let bytes = 0;
  try {
    for await (const chunk of await blobs.stream(shard.blob, shard.etag)) {
      bytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } catch (cause) {
    // The storage client resumes some broken downloads by itself, asking for the same version, and puts a refusal into the stream's error.
    const status = statusOf(cause);
    if (cause instanceof BlobChanged || status === 404 || status === 412) {
      throw new ShardChanged(shard.segment, shard.name, { cause });
    }
    // Others it ends as if somebody had aborted them.
    if (cause instanceof Error && cause.name === 'AbortError')
      throw new ReadInterrupted(shard.segment, shard.name, { cause });
    throw cause;
  }
  if (bytes !== shard.bytes) throw new ShardChanged(shard.segment, shard.name);
}

/** By the magic bytes: names and headers lie. */
async function* unpacked(source: Chunks, shard: Shard): Chunks {
  const { head, all } = await peek(source, 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all;
    return;
  }
  const gunzip = createGunzip({ chunkSize: unpackedChunkBytes });
  let isStopped = false;
  let goOn = () => {};
  // A chunk that it fails on is never called taken.
  gunzip.once('close', () => goOn());

  /** Chunk by chunk: only then is it known what is left over when the packed data ends. */
  async function feed(): Promise<void> {
    let fed = 0;
    let isOver = false;
    for await (const chunk of all) {
      let rest: Uint8Array = chunk;
      if (!isOver) {
        fed += chunk.length;
        await new Promise<void>((resolve) => {
          goOn = resolve;
          gunzip.write(chunk, goOn);
        });
        if (isStopped || gunzip.errored) return;
        rest = chunk.subarray(chunk.length - (fed - gunzip.bytesWritten));
        isOver = rest.length > 0;
      }
      // Some programs and devices fill the last block up.
      if (!rest.every((byte) => byte === 0)) {
        throw new ShardUnreadable(shard.segment, shard.name, 'other bytes follow its gzip data');
      }
    }
    if (!isOver) gunzip.end();
  }

  const feeding = feed().then(
    () => undefined,
    (error: unknown) => {
      gunzip.destroy(error as Error);
      return { error };
    },
  );
  try {
    yield* gunzip as Chunks;
    const failed = await feeding;
    if (failed) throw failed.error;
  } catch (cause) {
    if (isZlibError(cause)) {
      throw new ShardUnreadable(shard.segment, shard.name, 'it is a damaged or incomplete gzip file', {
        cause,
      });
    }
    throw cause;
  } finally {
    isStopped = true;
    gunzip.destroy();
    await feeding;
  }
}

const isZlibError = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_');

type Utf16 = 'utf-16le' | 'utf-16be';

/** UTF-16 by its byte order mark, or by the zero in each of the first characters of mostly Latin text. */
function utf16Of(head: Buffer): Utf16 | undefined {
  const start = head.subarray(0, sampleBytes);
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start.length < 8) return undefined;
  const zeros = (odd: 0 | 1) => start.every((byte, index) => (index % 2 === odd) === (byte === 0));
  if (zeros(1)) return 'utf-16le';
  return zeros(0) ? 'utf-16be' : undefined;
}

const utf8Bom = Buffer.of(0xef, 0xbb, 0xbf);

async function* decoded(source: Chunks, shard: Shard): Chunks {
  const { head, all } = await peek(source, sampleBytes);
  const declared = shard.dialect.encoding;
  const found = utf16Of(head);
  const label = declared.startsWith('utf-16') && found !== undefined ? found : declared;
  // A byte order mark says more than the model. What the encoding does not allow becomes U+FFFD, by which the record reader knows it.
  const isUtf8 = head.subarray(0, 3).equals(utf8Bom);
  const decoder = textOf(shard) === 'replaced' ? new TextDecoder(isUtf8 ? 'utf-8' : label) : undefined;
  for await (const chunk of released(all)) {
    if (found !== undefined && label !== found) throw new EncodingWrong(shard.segment, shard.name, declared);
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
  if (decoder) yield Buffer.from(decoder.decode());
}

/** What `shardBytes` gives. */
export function textOf({ dialect: { encoding } }: Shard): TextBytes {
  if (encoding === 'utf-8') return 'utf-8';
  return encoding === 'us-ascii' ? 'ascii' : 'replaced';
}

/**
 * Each chunk is valid until the next one is asked for.
 * @throws {ShardChanged} at the start, in mid-stream or at the end: nothing that was read before it may be used.
 * @throws {ShardUnreadable} @throws {EncodingWrong}
 */
export function shardBytes(blobs: BlobReader, shard: Shard): Chunks {
  return decoded(unpacked(pinned(blobs, shard), shard), shard);
}
