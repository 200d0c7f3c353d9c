// Customer Insights' layout: which segments there are, what belongs to one, and when there is none to read.
import { SegmentFault, ShardChanged } from '../../shared/segments/errors';
import { segmentSchema } from '../../shared/segments/segment';
import { collected } from './collected';
import { memoryBlobs, type MemoryBlobs } from './memory-blobs';
import { columns, containerUrl, entity, failureOf, model, sourceOf } from './model';

const place = 'ci/CustomerInsights_1/Export';
const modelBlob = `${place}/model.json`;
const inFull = (path: string) => `${containerUrl}/${path}`;

function blobsWith(text: string, files: Readonly<Record<string, string>> = {}): MemoryBlobs {
  const blobs = memoryBlobs();
  for (const [name, content] of Object.entries(files)) blobs.put(name, content);
  blobs.put(modelBlob, text, '2026-03-01T00:00:00.000Z');
  return blobs;
}

describe('finding model.json', () => {
  test('it is found some folders below the prefix, and past exports beside it are not searched', async () => {
    const blobs = blobsWith(model([]), { [`${place}/Buyers/2026/01/01/0000/Buyers_1.csv`]: 'x' });
    await sourceOf(blobs).catalogue();
    expect(blobs.calls).toEqual([
      'level ci/',
      'level ci/CustomerInsights_1/',
      `level ${place}/`,
      `level ${place}/Buyers/`,
      `read ${modelBlob}`,
    ]);
  });

  test.each(['ci/', '/ci', 'ci/CustomerInsights_1/Export', ''])(
    'the prefix %j leads to it',
    async (prefix) => {
      await expect(
        sourceOf(blobsWith(model([entity('Buyers', [])])), { prefix }).catalogue(),
      ).resolves.toHaveLength(1);
    },
  );

  test('a prefix ends at a folder: ci does not mean cinema', async () => {
    const blobs = memoryBlobs();
    blobs.put('cinema/model.json', model([]));
    expect((await failureOf(sourceOf(blobs).open(['Buyers']))).code).toBe('model-missing');
  });

  test('without one, the error says so, and what to do', async () => {
    const blobs = memoryBlobs();
    blobs.put('ci/Buyers/a.csv', 'x');
    const failure = await failureOf(sourceOf(blobs).open(['Buyers']));
    expect(failure).toMatchObject({ code: 'model-missing' });
    expect(failure.message).toBe(
      'There is no model.json below "ci/". Check SEGMENT_PREFIX, and that the export from Customer Insights has run; for plain CSV files without a model set SEGMENT_LAYOUT to "flat".',
    );
  });

  test('another one in a folder beside it fails too', async () => {
    const blobs = blobsWith(model([]), { [`${place}/Copy/model.json`]: model([]) });
    const failure = await failureOf(sourceOf(blobs).catalogue());
    expect(failure).toMatchObject({
      code: 'model-ambiguous',
      paths: [`${place}/Copy/model.json`, modelBlob],
    });
  });

  test('more than one fails, and all are named', async () => {
    const blobs = blobsWith(model([]));
    blobs.put('ci/Other/model.json', model([]));
    const failure = await failureOf(sourceOf(blobs).catalogue());
    expect(failure).toMatchObject({ code: 'model-ambiguous', paths: [modelBlob, 'ci/Other/model.json'] });
    expect(failure.message).toContain(`"${modelBlob}", "ci/Other/model.json"`);
  });

  test('a container full of other folders is not searched for minutes', async () => {
    const blobs = memoryBlobs();
    for (let folder = 0; folder < 2100; folder++) blobs.put(`ci/${folder}/a.csv`, 'x');
    expect((await failureOf(sourceOf(blobs).catalogue())).code).toBe('prefix-too-wide');
  });
});

describe('opening a segment', () => {
  const files = { [`${place}/B/2.csv`]: 'two', [`${place}/B/1.csv`]: 'three' };
  const partitions = [
    { location: inFull(`${place}/B/2.csv`), fileFormatSettings: { columnHeaders: true } },
    { location: 'B/1.csv' },
  ];

  test('gives the listed files in the order of the model, pinned, with their columns and formats', async () => {
    const blobs = blobsWith(model([entity('Other', []), entity('Buyers', partitions)]), {
      ...files,
      [`${place}/B/3.csv`]: 'not listed',
    });
    const [segment] = await sourceOf(blobs).open(['Buyers']);
    expect(segment).toMatchObject({ name: 'Buyers', columns });
    expect(segment!.shards).toEqual([
      expect.objectContaining({
        segment: 'Buyers',
        name: 'CustomerInsights_1/Export/B/2.csv',
        blob: `${place}/B/2.csv`,
        etag: '"0x1"',
        bytes: 3,
        columns,
      }),
      expect.objectContaining({ name: 'CustomerInsights_1/Export/B/1.csv', etag: '"0x2"', bytes: 5 }),
    ]);
    expect(segment!.shards.map(({ dialect }) => dialect.header)).toEqual([true, false]);
  });

  test('survives being written down as JSON between the steps of a run', async () => {
    const [segment] = await sourceOf(blobsWith(model([entity('Buyers', partitions)]), files)).open([
      'Buyers',
    ]);
    expect(segmentSchema.parse(JSON.parse(JSON.stringify(segment)))).toEqual(segment);
  });

  test('several are opened with one look at the model, in the order asked for', async () => {
    const blobs = blobsWith(
      model([entity('A', [{ location: 'B/1.csv' }]), entity('B', [{ location: 'B/2.csv' }])]),
      files,
    );
    const opened = await sourceOf(blobs).open(['B', 'A']);
    expect(opened.map(({ name }) => name)).toEqual(['B', 'A']);
    expect(blobs.calls.filter((call) => call === `read ${modelBlob}`)).toHaveLength(1);
  });

  test('the exact name wins, else the only one that differs by case', async () => {
    const named = (name: string) => entity(name, [{ location: 'B/1.csv' }]);
    const source = sourceOf(blobsWith(model([named('buyers'), named('Buyers'), named('Loyal')]), files));
    await expect(source.open(['Buyers', 'LOYAL'])).resolves.toMatchObject([
      { name: 'Buyers' },
      { name: 'Loyal' },
    ]);
    const failure = await failureOf(source.open(['BUYERS']));
    expect(failure).toMatchObject({
      code: 'segment-unknown',
      segment: 'BUYERS',
      known: ['buyers', 'Buyers', 'Loyal'],
    });
    expect(failure.message).toContain('Choose one of: "buyers", "Buyers", "Loyal".');
  });

  test.each([[[]], [null], [undefined], [[{ location: null }]]])(
    'partitions %j: the segment has no exported data, and is not taken for empty',
    async (none) => {
      const failure = await failureOf(sourceOf(blobsWith(model([entity('Buyers', none)]))).open(['Buyers']));
      expect(failure).toBeInstanceOf(SegmentFault);
      expect(failure).toMatchObject({ code: 'segment-without-data', segment: 'Buyers' });
      expect(failure.message).toContain('has no exported data');
    },
  );

  test('a segment of another model is named as such', async () => {
    const text = model([{ $type: 'ReferenceEntity', name: 'Buyers', source: 'x', modelId: 'y' }]);
    expect((await failureOf(sourceOf(blobsWith(text)).open(['Buyers']))).code).toBe('segment-elsewhere');
  });

  test('an entity that is wrong fails with the place in the model', async () => {
    const failure = await failureOf(
      sourceOf(blobsWith(model([{ name: 'Buyers', attributes: [] }]))).open(['Buyers']),
    );
    expect(failure).toMatchObject({ code: 'model-invalid', path: 'CustomerInsights_1/Export/model.json' });
    expect(failure.message).toContain('entities.0.attributes');
  });

  test('a location elsewhere is refused without a request to it, and its signature is not repeated', async () => {
    const location = 'https://other.blob.core.windows.net/segments/ci/a.csv?sig=secret';
    const blobs = blobsWith(model([entity('Buyers', [{ name: 'p7', location }])]));
    const failure = await failureOf(sourceOf(blobs).open(['Buyers']));
    expect(failure).toMatchObject({ code: 'location-refused', segment: 'Buyers', partition: 'p7' });
    expect(failure.message).toContain(
      'The location of partition "p7" of segment "Buyers" is refused: it names another storage account',
    );
    expect(failure.message).not.toContain('secret');
    expect(blobs.calls.filter((call) => call.includes('a.csv'))).toEqual([]);
  });

  test('a snapshot is read for as long as its file was not written since', async () => {
    const location = `${inFull(`${place}/B/1.csv`)}?snapshot=2026-02-01T00:00:00.0000000Z`;
    const blobs = blobsWith(model([entity('Buyers', [{ location }])]), files);
    await expect(sourceOf(blobs).open(['Buyers'])).resolves.toMatchObject([
      { shards: [{ blob: `${place}/B/1.csv` }] },
    ]);
    blobs.put(`${place}/B/1.csv`, 'newer', '2026-02-02T00:00:00.000Z');
    const failure = await failureOf(sourceOf(blobs).open(['Buyers']));
    expect(failure.message).toContain('names a snapshot of a file that was written again since');
  });

  test('a listed file that is gone means: start over', async () => {
    const failure = await failureOf(
      sourceOf(blobsWith(model([entity('Buyers', partitions)]))).open(['Buyers']),
    );
    expect(failure).toBeInstanceOf(ShardChanged);
    expect(failure).not.toBeInstanceOf(SegmentFault);
    expect(failure).toMatchObject({
      code: 'shard-changed',
      segment: 'Buyers',
      shard: 'CustomerInsights_1/Export/B/2.csv',
    });
  });

  test('a model that is replaced while its files are pinned means: start over', async () => {
    const text = model([entity('Buyers', partitions)]);
    const blobs = blobsWith(text, files);
    const facts = blobs.facts.bind(blobs);
    const replacing = {
      ...blobs,
      facts: (name: string) => {
        if (name !== modelBlob) blobs.put(modelBlob, text);
        return facts(name);
      },
    };
    expect(await failureOf(sourceOf(replacing).open(['Buyers']))).toBeInstanceOf(ShardChanged);
  });
});

describe('telling whether there is new data', () => {
  const text = model([entity('Buyers', [{ location: 'b.csv' }])]);

  test('the pointer is the one of the opened segment, and changes with model.json only', async () => {
    const blobs = blobsWith(text, { [`${place}/b.csv`]: 'x' });
    const source = sourceOf(blobs);
    const [opened] = await source.open(['Buyers']);
    const before = await source.pointer('Buyers');
    expect(before).toEqual({ pointer: opened!.pointer, changedAt: '2026-03-01T00:00:00.000Z' });
    expect(before.pointer).toMatch(/^[0-9a-f]{32}$/);
    blobs.put(`${place}/half-written.csv`, 'x');
    await expect(source.pointer('Buyers')).resolves.toEqual(before);
    await expect(sourceOf(blobs).pointer('Buyers')).resolves.toEqual(before);
    blobs.put(modelBlob, text, '2026-03-02T00:00:00.000Z');
    const after = await source.pointer('Buyers');
    expect(after.pointer).not.toBe(before.pointer);
    expect(after.changedAt).toBe('2026-03-02T00:00:00.000Z');
  });

  test('once the model is found it costs one request, and a model that moved is found again', async () => {
    const blobs = blobsWith(text);
    const source = sourceOf(blobs);
    await source.pointer('Buyers');
    blobs.calls.length = 0;
    await source.pointer('Buyers');
    expect(blobs.calls).toEqual([`facts ${modelBlob}`]);
    blobs.remove(modelBlob);
    await expect(source.pointer('Buyers')).rejects.toMatchObject({ code: 'model-missing' });
    blobs.put('ci/Moved/model.json', text, '2026-04-01T00:00:00.000Z');
    await expect(source.pointer('Buyers')).resolves.toMatchObject({ changedAt: '2026-04-01T00:00:00.000Z' });
  });

  test.each([
    [
      'the newest refresh of a file',
      [
        { location: 'b.csv', refreshTime: '2026-01-05T00:00:00Z' },
        { location: 'b.csv', refreshTime: '2026-01-06T00:00:00Z' },
      ],
      { modifiedTime: '2026-01-07T00:00:00Z' },
      '2026-01-06T00:00:00.000Z',
    ],
    [
      "else the model's own time",
      [{ location: 'b.csv' }],
      { modifiedTime: '2026-01-07T00:00:00Z' },
      '2026-01-07T00:00:00.000Z',
    ],
    ["else its blob's", [{ location: 'b.csv' }], { modifiedTime: 'soon' }, '2026-03-01T00:00:00.000Z'],
  ])('last refreshed is %s', async (_what, partitions, rest, expected) => {
    const blobs = blobsWith(model([entity('Buyers', partitions)], rest), { [`${place}/b.csv`]: 'x' });
    await expect(sourceOf(blobs).open(['Buyers'])).resolves.toMatchObject([{ lastRefreshed: expected }]);
    await expect(sourceOf(blobs).catalogue()).resolves.toMatchObject([{ lastRefreshed: expected }]);
  });
});

test('the catalogue shows every segment, also those that cannot be read, with the reason, and touches no file', async () => {
  const blobs = blobsWith(
    model([
      entity('Void', []),
      entity('Buyers', [{ location: 'a.csv' }, { location: 'b.csv' }]),
      { $type: 'ReferenceEntity', name: 'Elsewhere' },
      entity('Odd', [{ location: 'https://other.example/a.csv' }]),
      { $type: 'LocalEntity', name: 'Broken', attributes: 'none' },
    ], { modifiedTime: '2026-01-07T00:00:00Z' }),
  ); // prettier-ignore
  const catalogue = await sourceOf(blobs).catalogue();
  const lastRefreshed = '2026-01-07T00:00:00.000Z';
  const problem = (code: string) => ({ code, message: expect.stringContaining('') as string });
  const pointer = expect.any(String) as string;
  expect(catalogue).toEqual([
    {
      pointer,
      name: 'Broken',
      shards: 0,
      columns: [],
      lastRefreshed: undefined,
      problem: problem('model-invalid'),
    },
    { pointer, name: 'Buyers', shards: 2, columns, lastRefreshed, problem: undefined },
    {
      pointer,
      name: 'Elsewhere',
      shards: 0,
      columns: [],
      lastRefreshed: undefined,
      problem: problem('segment-elsewhere'),
    },
    { pointer, name: 'Odd', shards: 0, columns, lastRefreshed, problem: problem('location-refused') },
    { pointer, name: 'Void', shards: 0, columns, lastRefreshed, problem: problem('segment-without-data') },
  ]);
  expect(blobs.calls.filter((call) => call.includes('.csv'))).toEqual([]);
});

test('a segment is read from its files, whatever their headers', async () => {
  const blobs = blobsWith(
    model([
      entity('Buyers', [
        { location: 'with.csv', fileFormatSettings: { columnHeaders: true } },
        { location: 'without.csv' },
      ]),
    ]),
    {
      [`${place}/with.csv`]: 'CustomerId,EMail,FirstName\n1,a@b.c,Ann\n',
      [`${place}/without.csv`]: '2,d@e.f,Eve\n',
    },
  );
  const source = sourceOf(blobs);
  const [segment] = await source.open(['Buyers']);
  const sink = collected();
  for (const shard of segment!.shards) await source.read(shard, ['EMail', 'customerid'], sink);
  expect(sink.rows).toEqual([
    [1, ['a@b.c', '1']],
    [1, ['d@e.f', '2']],
  ]);
});
