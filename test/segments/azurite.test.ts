// Both layouts against real blob storage (Azurite): listings, ETags, pinned reads.
import { gzipSync } from 'node:zlib';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { makeBlobStore } from '../../shared/platform/blobs';
import { ShardChanged } from '../../shared/segments/errors';
import { makeSegmentSource, type SegmentSource } from '../../shared/segments/segment-source';
import { startAzurite, type Azurite } from '../support/azurite';
import { collected } from './collected';
import { entity, failureOf, model } from './model';

let azurite: Azurite;
let container: ContainerClient;
let containers = 0;

beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());
beforeEach(async () => {
  container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    `segments-${(containers += 1)}`,
  );
  await container.create();
});

const put = (name: string, content: string | Buffer, blobContentEncoding?: string) =>
  container
    .getBlockBlobClient(name)
    .upload(
      content,
      Buffer.byteLength(content),
      blobContentEncoding === undefined ? {} : { blobHTTPHeaders: { blobContentEncoding } },
    );

const source = (layout: 'customer-insights' | 'flat') =>
  makeSegmentSource({
    blobs: makeBlobStore(container),
    containerUrl: container.url,
    prefix: 'in',
    layout,
    backslashEscapes: false,
  });

async function rowsOf(from: SegmentSource, name: string, columns: readonly string[]) {
  const [segment] = await from.open([name]);
  const sink = collected();
  for (const shard of segment!.shards) await from.read(shard, columns, sink);
  return sink.rows.map(([, cells]) => cells);
}

const header = 'CustomerId,EMail,FirstName\n';

describe('the layout of Customer Insights', () => {
  const folder = 'in/CustomerInsights_1/Export';
  const stamp = '2026/01/02/0304';

  beforeEach(async () => {
    await put(`${folder}/Köln & Co/${stamp}/a_1.csv`, `${header}1,a@b.c,Ann\n`);
    // What is stored as gzip can also be labelled so; it comes as it is stored.
    await put(`${folder}/Köln & Co/${stamp}/a_7.csv`, gzipSync('2,d@e.f,"E,v"\n'), 'gzip');
    await put(`${folder}/Köln & Co/${stamp}/a_9.csv`, 'of a run that is still being written');
    const partitions = [`Köln & Co/${stamp}/a_1.csv`, `Köln & Co/${stamp}/a_7.csv`].map((path) => ({
      location: container.getBlobClient(`${folder}/${path}`).url,
    }));
    await put(`${folder}/model.json`, model([entity('Köln & Co', partitions)]));
  });

  test('is found, listed and read', async () => {
    const from = source('customer-insights');
    await expect(from.catalogue()).resolves.toMatchObject([
      { name: 'Köln & Co', shards: 2, problem: undefined },
    ]);
    await expect(rowsOf(from, 'köln & co', ['EMail', 'FirstName'])).resolves.toEqual([
      ['a@b.c', 'Ann'],
      ['d@e.f', 'E,v'],
    ]);
  });

  test('the pointer is the same from the listing and from the blob, and changes when the model is written', async () => {
    const from = source('customer-insights');
    const listed = await from.pointer('Köln & Co');
    await expect(from.pointer('Köln & Co')).resolves.toEqual(listed);
    const [opened] = await from.open(['Köln & Co']);
    expect(opened!.pointer).toBe(listed.pointer);
    await put(`${folder}/model.json`, model([]));
    expect((await from.pointer('Köln & Co')).pointer).not.toBe(listed.pointer);
  });

  test.each([
    ['replaced', (name: string) => put(name, `${header}1,x@y.z,Ann\n`)],
    ['removed', (name: string) => container.deleteBlob(name)],
  ])('a file that is %s after it was pinned is not read', async (_what, change) => {
    const from = source('customer-insights');
    const [segment] = await from.open(['Köln & Co']);
    const [shard] = segment!.shards;
    await change(shard!.blob);
    const sink = collected();
    expect(await failureOf(from.read(shard!, ['EMail'], sink))).toBeInstanceOf(ShardChanged);
    expect(sink.rows).toEqual([]);
  });
});

describe('the flat layout', () => {
  beforeEach(async () => {
    await put('in/Buyers/b.csv', `${header}1,b@b.b,Bo\n`);
    await put('in/Buyers/a.csv.gz', gzipSync(`${header}2,a@a.a,Al\n`));
  });

  test('is listed and read, each file pinned by the ETag of the listing', async () => {
    const from = source('flat');
    await expect(from.catalogue()).resolves.toMatchObject([
      { name: 'Buyers', shards: 2, columns: ['CustomerId', 'EMail', 'FirstName'] },
    ]);
    await expect(rowsOf(from, 'Buyers', ['EMail'])).resolves.toEqual([['a@a.a'], ['b@b.b']]);
  });

  test('a file that is replaced after it was listed is not read, and the pointer is another one', async () => {
    const from = source('flat');
    const [segment] = await from.open(['Buyers']);
    await put('in/Buyers/b.csv', `${header}1,x@y.z,Xe\n`);
    expect(await failureOf(from.read(segment!.shards[1]!, ['EMail'], collected()))).toBeInstanceOf(
      ShardChanged,
    );
    expect((await from.pointer('Buyers')).pointer).not.toBe(segment!.pointer);
  });
});
