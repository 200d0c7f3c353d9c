// From files in Blob storage to files in Blob storage: the real reader, the real adapter, Azurite.
import { ContainerClient } from '@azure/storage-blob';
import { prepare } from '../../shared/contacts/prepare';
import { makeBlobStore } from '../../shared/platform/blobs';
import { makeSegmentSource } from '../../shared/segments/segment-source';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeMemoryBlobs } from '../support/memory-blobs';
import { folder, linesOf, receive } from './prepared';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const mapping = { email: 'email', profileId: 'id', fields: { first_name: 'First', last_name: 'Last' } };

test('two segments of several shards become files, once, when two executions prepare the run at the same time', async () => {
  const container = (name: string) => new ContainerClient(azurite.connectionString, name);
  const input = makeBlobStore(container('segments'));
  const store = makeBlobStore(container('runs'));
  await Promise.all([input.prepare(), store.prepare()]);

  const line = (index: number) =>
    `${index},Person.${index}@Customers.Example.com,"Zoë, ""Z""",${index % 3 ? 'Müller' : ''}\r\n`;
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => line(from + index)).join('');
  await input.write('ci/buyers/1.csv', `id,Email,First,Last\r\n${lines(0, 30_000)}`, 'text/csv');
  await input.write(
    'ci/buyers/2.csv',
    `id,Email,First,Last\r\n${lines(20_000, 50_000)}x,Joe Doe,"a\r\nb",\r\ny,z\r\n`,
    'text/csv',
  );
  await input.write(
    'ci/readers/1.csv',
    `Email,id\nperson.1@customers.example.com,1\nnew@example.com,2\n`,
    'text/csv',
  );

  const source = makeSegmentSource({
    blobs: input,
    containerUrl: `${azurite.blobEndpoint}/segments`,
    prefix: 'ci',
    layout: 'flat',
    backslashEscapes: false,
  });
  const segments = await source.open(['buyers', 'readers']);
  const results = await Promise.all(
    ['x1', 'x2'].map((execution) =>
      prepare(
        { read: (...args) => source.read(...args), store },
        {
          runId: 'r1',
          execution,
          segments,
          mapping,
          limits: { maxContacts: 1_000_000, maxMalformedShare: 0.05 },
          addressesInClear: false,
          folder,
        },
      ),
    ),
  );

  const [one, other] = results;
  if (one?.kind !== 'prepared' || other?.kind !== 'prepared') throw new Error('refused');
  const { manifest } = one;
  expect(other.manifest).toEqual(manifest);
  expect(manifest.counts).toEqual({ read: 60_004, contacts: 50_001, duplicate: 10_001, rejected: 2 });

  // What lies in storage, and nothing else.
  const lying = makeMemoryBlobs();
  for await (const { name } of store.list('')) {
    const found = await store.read(name);
    if (found) await lying.write(name, found.content, 'text/csv');
  }
  expect(lying.names()).toEqual(
    [...manifest.batches.map(({ blob }) => blob), manifest.rejects, `${folder}manifest.json`].sort(),
  );
  const { people } = receive(lying, manifest);
  expect(people.size).toBe(50_001);
  expect(people.get('person.40001@customers.example.com')).toEqual({
    first_name: 'Zoë, "Z"',
    last_name: 'Müller',
  });
  expect(people.get('person.30000@customers.example.com')).toEqual({ first_name: 'Zoë, "Z"' });
  expect(people.get('new@example.com')).toEqual({});
  expect(
    linesOf(lying, manifest.rejects).map(({ shard, row, profile_id, address }) => [
      shard,
      row,
      profile_id,
      address,
    ]),
  ).toEqual([
    ['buyers/2.csv', '30001', 'x', 'J***'],
    ['buyers/2.csv', '30002', '', ''],
  ]);
}, 60_000);

test('a limit that is passed by far ends the real reader’s read', async () => {
  const input = makeMemoryBlobs();
  await input.write(
    's/1.csv',
    `email\n${Array.from({ length: 5_000 }, (_, index) => `p${index}@example.com\n`).join('')}`,
    'text/csv',
  );
  const source = makeSegmentSource({
    blobs: input,
    containerUrl: 'http://127.0.0.1/segments',
    prefix: '',
    layout: 'flat',
    backslashEscapes: false,
  });
  const store = makeMemoryBlobs();
  const result = await prepare(
    { read: (...args) => source.read(...args), store },
    {
      runId: 'r1',
      execution: 'x1',
      segments: await source.open(['s']),
      mapping: { email: 'Email', fields: {} },
      limits: { maxContacts: 1_000, maxMalformedShare: 0.05 },
      addressesInClear: false,
      folder,
    },
  );
  expect(result).toMatchObject({
    kind: 'refused',
    reason: { code: 'too-many-contacts', contacts: 3_000, countedAll: false },
  });
  expect(store.names()).toEqual([`${folder}x1/rejects.csv`]);
});
