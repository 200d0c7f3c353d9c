// Where exports are kept, and what one has to be.
import { z } from 'zod';
import { exportSchema, type Export } from '../../shared/exports/export';
import { exportKey, makeExportStore } from '../../shared/exports/export-store';
import type { Table } from '../../shared/platform/tables';
import { anExport } from '../runs/support/fixtures';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnTable } from '../support/azurite-clients';
import { makeMemoryTable } from '../support/memory-tables';
import { startAzureProxy } from '../under-fire/azure-proxy';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

async function start(...wanted: readonly Partial<Export>[]) {
  const { table } = await makeOwnTable(azurite);
  const exports = makeExportStore(table);
  for (const each of wanted) await exports.create(anExport(each));
  return { table, exports };
}

test('an export is kept as it is, and all are listed', async () => {
  const { exports } = await start({ id: 'two' }, { id: 'one' });
  await expect(exports.get('one')).resolves.toMatchObject({ value: anExport({ id: 'one' }) });
  await expect(exports.get('three')).resolves.toBeUndefined();
  expect((await Array.fromAsync(exports.list())).map(({ id }) => id)).toEqual(['one', 'two']);
});

test('of two with one id, the first stays', async () => {
  const { exports } = await start({ name: 'First' });
  await expect(exports.create(anExport({ name: 'Second' }))).rejects.toThrow(
    'there is an export spring already',
  );
  await expect(exports.get('spring')).resolves.toMatchObject({ value: { name: 'First' } });
});

test('an export is created and changed when Table storage did so and the answers are lost on the way', async () => {
  const proxy = await startAzureProxy(azurite);
  try {
    const { table } = await makeOwnTable(proxy);
    const exports = makeExportStore(table);
    const loseNext = (wanted: string) =>
      proxy.add({ matches: ({ method }) => method === wanted, when: 'after', wrong: { kind: 'drop' } });
    loseNext('POST');
    await exports.create(anExport());
    const { value, etag } = (await exports.get('spring'))!;
    loseNext('PUT');
    await expect(exports.change({ ...value, name: 'Second' }, etag)).resolves.toMatchObject({
      value: { name: 'Second' },
    });
  } finally {
    await proxy.stop();
  }
});

describe('a change', () => {
  test('is made to the version that it names, and gives the next one', async () => {
    const { exports } = await start({});
    const first = (await exports.get('spring'))!;
    const second = await exports.change({ ...first.value, name: 'Second' }, first.etag);
    expect(second).toEqual(await exports.get('spring'));
    expect(second).toMatchObject({ value: { name: 'Second' } });
    await expect(exports.change({ ...first.value, name: 'Third' }, first.etag)).resolves.toBeUndefined();
    await expect(exports.change({ ...first.value, name: 'Third' }, second!.etag)).resolves.toBeDefined();
  });

  test('of an export that is gone is lost', async () => {
    const { exports } = await start({});
    const { value, etag } = (await exports.get('spring'))!;
    await expect(exports.remove('spring', etag)).resolves.toBe(true);
    await expect(exports.change(value, etag)).resolves.toBeUndefined();
    await expect(exports.get('spring')).resolves.toBeUndefined();
  });

  test('to something that is no export is refused', async () => {
    const { exports } = await start({});
    const { value, etag } = (await exports.get('spring'))!;
    await expect(exports.change({ ...value, segments: [] }, etag)).rejects.toThrow();
  });
});

test('an export is not removed when somebody has changed it meanwhile, nor twice', async () => {
  const { exports } = await start({});
  const first = (await exports.get('spring'))!;
  const second = (await exports.change({ ...first.value, name: 'Second' }, first.etag))!;
  await expect(exports.remove('spring', first.etag)).resolves.toBe(false);
  await expect(exports.remove('spring', second.etag)).resolves.toBe(true);
  await expect(exports.remove('spring', second.etag)).resolves.toBe(false);
});

describe('pages', () => {
  test('follow one another until all exports were seen once, also when some come and go meanwhile', async () => {
    const ids = Array.from({ length: 7 }, (_, index) => `export${index}`);
    const { exports } = await start(...ids.map((id) => ({ id })));
    const seen: string[][] = [];
    let start_: string | undefined;
    do {
      const page = await exports.page({ limit: 3, start: start_ });
      seen.push(page.rows.map(({ value }) => value.id));
      start_ = page.next;
      if (seen.length === 1) {
        // The one at which the next page starts.
        expect(start_).toMatch(exportKey);
        await exports.remove('export3', (await exports.get('export3'))!.etag);
        await exports.create(anExport({ id: 'export0a' }));
        await exports.create(anExport({ id: 'zebra' }));
      }
    } while (start_ !== undefined);
    expect(seen).toEqual([['export0', 'export1', 'export2'], ['export4', 'export5', 'export6'], ['zebra']]);
  });

  test('are read in one request each, whatever is behind them', async () => {
    const asked: number[] = [];
    const memory = makeMemoryTable();
    const table: Table = {
      ...memory,
      page(schema, partition, { from, to, limit }) {
        asked.push(limit);
        return memory.page(schema, partition, { from, to, limit });
      },
      all: () => {
        throw new Error('not for a page');
      },
    };
    const exports = makeExportStore(table);
    for (let index = 0; index < 60; index++) await exports.create(anExport({ id: `export${index}` }));
    await expect(exports.page({ limit: 50 })).resolves.toMatchObject({ next: expect.any(String) as string });
    expect(asked).toEqual([50]);
  });
});

test('a row that is no export is not taken for one', async () => {
  const { table, exports } = await start();
  await table.change('export', [{ kind: 'create', rowKey: 'spring', value: { id: 'spring' } }]);
  await expect(exports.get('spring')).rejects.toThrow(z.ZodError);
});

test.each<[string, Partial<Record<keyof Export, unknown>>]>([
  ['an id with a slash', { id: 'a/b' }],
  ['an id with a dash, which separates the parts of the id of a run', { id: 'a-b' }],
  ['a blank name', { name: ' ' }],
  ['a list id that is none', { listId: '1 or 2' }],
  ['no segment', { segments: [] }],
  ['more segments than 100', { segments: Array.from({ length: 101 }, (_, index) => `s${index}`) }],
  ['no column for the address', { mapping: { fields: {} } }],
  ['a field that nobody knows', { mapping: { email: 'Email', fields: { shoe_size: 'Size' } } }],
  ['a schedule that is none', { schedule: { kind: 'sometimes' } }],
])('an export is refused with %s', async (_name, change) => {
  const exports = makeExportStore(makeMemoryTable());
  const wrong = { ...anExport(), ...change } as Export;
  expect(exportSchema.safeParse(wrong).success).toBe(false);
  await expect(exports.create(wrong)).rejects.toThrow();
});
