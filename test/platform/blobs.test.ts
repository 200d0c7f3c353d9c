// Blobs on real Blob storage: create-only, pinned versions, uploads in blocks.
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { BlobChanged, type BlobStore } from '../../shared/platform/blobs';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnBlobs } from '../support/azurite-clients';
import { makeMemoryBlobs } from '../support/memory-blobs';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const textOf = async (blobs: BlobStore, name: string) => (await blobs.read(name))?.content.toString();
const namesOf = async (blobs: BlobStore, prefix = '') =>
  (await Array.fromAsync(blobs.list(prefix))).map(({ name }) => name);

describe.each<[string, () => Promise<BlobStore>]>([
  ['in Azurite', async () => (await makeOwnBlobs(azurite)).blobs],
  ['in memory', () => Promise.resolve(makeMemoryBlobs())],
])('a store %s', (_name, open) => {
  test('can be made more than once', async () => {
    const blobs = await open();
    await blobs.prepare();
    await blobs.prepare();
  });

  test('gives back what was written, and nothing for what was not', async () => {
    const blobs = await open();
    await blobs.write('a/b.txt', 'träger', 'text/plain');
    const found = await blobs.read('a/b.txt');
    expect(found?.content.toString()).toBe('träger');
    expect(found?.facts).toMatchObject({ name: 'a/b.txt', bytes: 7 });
    await expect(blobs.facts('a/b.txt')).resolves.toEqual(found?.facts);
    await expect(blobs.read('a/c.txt')).resolves.toBeUndefined();
    await expect(blobs.facts('a/c.txt')).resolves.toBeUndefined();
  });

  test('gives back a blob of several megabytes byte by byte, each time anew', async () => {
    const blobs = await open();
    const content = randomBytes(3_000_001);
    await blobs.write('large', content, 'text/csv');
    const [first, second] = [await blobs.read('large'), await blobs.read('large')];
    expect(first?.content.equals(content)).toBe(true);
    first?.content.fill(0);
    expect(second?.content.equals(content)).toBe(true);
  });

  test('of many that create one name, one does', async () => {
    const blobs = await open();
    const created = await Promise.all(
      ['1', '2', '3', '4'].map((content) => blobs.create('one', content, 'text/plain')),
    );
    expect(created.filter((did) => did)).toHaveLength(1);
    await expect(textOf(blobs, 'one')).resolves.toBe(String(created.indexOf(true) + 1));
    await expect(blobs.create('one', '5', 'text/plain')).resolves.toBe(false);
  });

  test('writes in place of what is there', async () => {
    const blobs = await open();
    await blobs.write('one', 'old', 'text/plain');
    await blobs.write('one', 'new', 'text/plain');
    await expect(textOf(blobs, 'one')).resolves.toBe('new');
  });

  test('writes in place of exactly the version that was named', async () => {
    const blobs = await open();
    await blobs.write('one', 'first', 'text/plain');
    const { etag } = (await blobs.facts('one'))!;
    const replaced = await Promise.all(
      ['1', '2', '3'].map((content) => blobs.replace('one', etag, content, 'text/plain')),
    );
    expect(replaced.filter((did) => did)).toHaveLength(1);
    await expect(textOf(blobs, 'one')).resolves.toBe(String(replaced.indexOf(true) + 1));
    await blobs.remove('one');
    await expect(blobs.replace('one', etag, 'too late', 'text/plain')).resolves.toBe(false);
    await expect(textOf(blobs, 'one')).resolves.toBeUndefined();
  });

  test('streams exactly the version that was asked for', async () => {
    const blobs = await open();
    await blobs.write('one', 'first', 'text/plain');
    const { etag } = (await blobs.facts('one'))!;
    await expect(blobs.stream('one', etag).then(text)).resolves.toBe('first');
    await blobs.write('one', 'second', 'text/plain');
    await expect(blobs.stream('one', etag)).rejects.toThrow(BlobChanged);
    await blobs.remove('one');
    await expect(blobs.stream('one', etag)).rejects.toThrow(BlobChanged);
  });

  test('shows an upload to nobody before it is committed, and then all of it in order', async () => {
    const blobs = await open();
    const upload = blobs.upload('big', 'text/csv');
    for (const part of ['a', 'b', 'c']) await upload.append(Buffer.from(part));
    await expect(blobs.read('big')).resolves.toBeUndefined();
    await upload.commit();
    await expect(textOf(blobs, 'big')).resolves.toBe('abc');
  });

  test('keeps two uploads of one name apart: the last commit is the content', async () => {
    const blobs = await open();
    const [first, second] = [blobs.upload('big', 'text/csv'), blobs.upload('big', 'text/csv')];
    await first.append(Buffer.from('1a'));
    await second.append(Buffer.from('2a'));
    await second.append(Buffer.from('2b'));
    await first.commit();
    await expect(textOf(blobs, 'big')).resolves.toBe('1a');
  });

  test('an upload without anything is an empty blob', async () => {
    const blobs = await open();
    await blobs.upload('empty', 'text/csv').commit();
    await expect(textOf(blobs, 'empty')).resolves.toBe('');
  });

  test('lists by prefix in the order of the names, and one level with its folders', async () => {
    const blobs = await open();
    for (const name of ['b/2', 'a/1', 'b/1', 'b/c/1', 'b.txt']) await blobs.write(name, 'x', 'text/plain');
    expect(await namesOf(blobs)).toEqual(['a/1', 'b.txt', 'b/1', 'b/2', 'b/c/1']);
    expect(await namesOf(blobs, 'b/')).toEqual(['b/1', 'b/2', 'b/c/1']);
    const level = await blobs.level('b/');
    expect(level.blobs.map(({ name }) => name)).toEqual(['b/1', 'b/2']);
    expect(level.folders).toEqual(['b/c/']);
  });

  test('removes one, or all below a prefix, and does not mind when they are gone', async () => {
    const blobs = await open();
    for (const name of ['a/1', 'a/2', 'ab']) await blobs.write(name, 'x', 'text/plain');
    await blobs.remove('a/1');
    await blobs.remove('a/1');
    await blobs.removeAll('a/');
    await blobs.removeAll('a/');
    expect(await namesOf(blobs)).toEqual(['ab']);
  });
});

describe('a blob in Azurite', () => {
  test('has the content type that it was written with', async () => {
    const { blobs, client } = await makeOwnBlobs(azurite);
    await blobs.write('a', 'x', 'application/json');
    await blobs.create('b', 'x', 'text/csv; charset=utf-8');
    const upload = blobs.upload('c', 'text/csv');
    await upload.append(Buffer.from('x'));
    await upload.commit();
    const types = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await client.getBlobClient(name).getProperties()).contentType),
    );
    expect(types).toEqual(['application/json', 'text/csv; charset=utf-8', 'text/csv']);
  });

  test('gives nobody without a key a look into its container', async () => {
    const { blobs, client } = await makeOwnBlobs(azurite);
    await blobs.write('a', 'x', 'text/plain');
    const answer = await fetch(client.getBlobClient('a').url);
    expect(answer.ok).toBe(false);
  });

  test('can be larger than one block', async () => {
    const { blobs } = await makeOwnBlobs(azurite);
    const block = Buffer.alloc(1024 * 1024, 'x');
    const upload = blobs.upload('big', 'text/csv');
    for (let index = 0; index < 6; index++) await upload.append(block);
    await upload.commit();
    const { etag, bytes } = (await blobs.facts('big'))!;
    expect(bytes).toBe(6 * block.length);
    let read = 0;
    for await (const chunk of await blobs.stream('big', etag)) read += (chunk as Buffer).length;
    expect(read).toBe(bytes);
  });
});
