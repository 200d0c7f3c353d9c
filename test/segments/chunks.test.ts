// The helpers for streams of bytes: nothing is lost on the way, and memory is given back early, but never while somebody may look at it.
import { peek, released, type Chunks } from '../../shared/segments/chunks';

async function* stream(...chunks: Uint8Array[]): Chunks {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
const own = (text: string) => new Uint8Array(Buffer.from(text));

test('a peek gives the start and the whole, however the stream is cut', async () => {
  const { head, all } = await peek(stream(own('a'), own('bc'), own('def')), 2);
  expect(head.toString()).toBe('abc');
  let text = '';
  for await (const chunk of all) text += Buffer.from(chunk).toString();
  expect(text).toBe('abcdef');
});

test('a chunk is whole until the next one is asked for, and takes no memory from then on', async () => {
  const chunks = [own('one'), own('two')];
  const seen: string[] = [];
  for await (const chunk of released(stream(...chunks))) {
    expect(chunks.map(({ byteLength }) => byteLength)).toEqual(seen.length === 0 ? [3, 3] : [0, 3]);
    seen.push(Buffer.from(chunk).toString());
  }
  expect(seen).toEqual(['one', 'two']);
  expect(chunks.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
});

test('a chunk that shares its memory with another one is left alone', async () => {
  const memory = own('onetwo');
  const chunks = [memory.subarray(0, 3), memory.subarray(3)];
  const seen: string[] = [];
  for await (const chunk of released(stream(...chunks))) seen.push(Buffer.from(chunk).toString());
  expect(seen).toEqual(['one', 'two']);
  expect(Buffer.from(memory).toString()).toBe('onetwo');
});
