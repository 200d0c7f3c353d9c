// Small helpers for streams of bytes as async generators: they carry errors and early ends without further care.
import { release } from '../platform/release';

export type Chunks = AsyncIterable<Uint8Array>;

/** The first bytes (at least `wanted`, unless the stream is shorter), and the whole stream again. Read `all`, or its source stays open. */
export async function peek(
  source: Chunks,
  wanted: number,
): Promise<{ readonly head: Buffer; readonly all: Chunks }> {
  const iterator = source[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < wanted) {
    const step: IteratorResult<Uint8Array, unknown> = await iterator.next();
    if (step.done) break;
    taken.push(step.value);
    bytes += step.value.length;
  }
  const head = Buffer.concat(taken);
  async function* all() {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const step: IteratorResult<Uint8Array, unknown> = await iterator.next();
        if (step.done) return;
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}

/**
 * Hands on each chunk, and gives its memory back when the next one is asked for. Only for a source whose chunks belong to who reads
 * them, and a reader who keeps none.
 */
export async function* released(source: Chunks): Chunks {
  for await (const chunk of source) {
    yield chunk;
    release(chunk);
  }
}
