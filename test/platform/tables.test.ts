// Rows on real Table storage, and on the table in memory that other tests stand on: the same rules hold for both.
import { z } from 'zod';
import { writeRow, type Page, type Table } from '../../shared/platform/tables';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnTable } from '../support/azurite-clients';
import { makeMemoryTable, repeatNextChange } from '../support/memory-tables';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const schema = z.strictObject({ n: z.int() });
const create = (rowKey: string, n: number) => ({ kind: 'create', rowKey, value: { n } }) as const;
const replace = (rowKey: string, n: number, etag: string) =>
  ({ kind: 'replace', rowKey, value: { n }, etag }) as const;
const remove = (rowKey: string, etag?: string) =>
  ({ kind: 'remove', rowKey, ...(etag === undefined ? {} : { etag }) }) as const;

describe.each<[string, () => Promise<Table>]>([
  ['in Azurite', async () => (await makeOwnTable(azurite)).table],
  ['in memory', () => Promise.resolve(makeMemoryTable())],
])('a table %s', (_name, open) => {
  const etagOf = async (table: Table, rowKey: string, partition = 'p') =>
    (await table.get(schema, partition, rowKey))!.etag;
  const rows = async (table: Table, partition = 'p') =>
    (await Array.fromAsync(table.all(schema, partition))).map(({ rowKey, value }) => [rowKey, value.n]);

  test('can be made more than once', async () => {
    const table = await open();
    await table.prepare();
    await table.prepare();
  });

  test('gives back what was stored, and nothing for what was not', async () => {
    const table = await open();
    await expect(table.change('p', [create('a', 1)])).resolves.toBe(true);
    await expect(table.get(schema, 'p', 'a')).resolves.toMatchObject({ rowKey: 'a', value: { n: 1 } });
    await expect(table.get(schema, 'p', 'b')).resolves.toBeUndefined();
    await expect(table.get(schema, 'q', 'a')).resolves.toBeUndefined();
  });

  test('creates a row only if there is none', async () => {
    const table = await open();
    await table.change('p', [create('a', 1)]);
    await expect(table.change('p', [create('a', 2)])).resolves.toBe(false);
    expect(await rows(table)).toEqual([['a', 1]]);
  });

  test('replaces a row only if it has not changed since, and is still there', async () => {
    const table = await open();
    await table.change('p', [create('a', 1)]);
    const etag = await etagOf(table, 'a');
    await expect(table.change('p', [replace('a', 2, etag)])).resolves.toBe(true);
    await expect(table.change('p', [replace('a', 3, etag)])).resolves.toBe(false);
    await table.remove('p', 'a');
    await expect(table.change('p', [replace('a', 4, etag)])).resolves.toBe(false);
    expect(await rows(table)).toEqual([]);
  });

  test('says of a row that was written, but whose answer was lost, that it is; of one that is another, that it is not', async () => {
    const table = await open();
    const write = (change: Parameters<typeof writeRow<{ n: number }>>[3]) =>
      writeRow(table, schema, 'p', change);
    repeatNextChange(table);
    await expect(write(create('a', 1))).resolves.toBe(true);
    await expect(write(create('a', 2))).resolves.toBe(false);
    const etag = await etagOf(table, 'a');
    repeatNextChange(table);
    await expect(write(replace('a', 3, etag))).resolves.toBe(true);
    await expect(write(replace('a', 4, etag))).resolves.toBe(false);
    await expect(write(replace('b', 4, etag))).resolves.toBe(false);
    expect(await rows(table)).toEqual([['a', 3]]);
  });

  test('removes a row only if it has not changed since, and is still there', async () => {
    const table = await open();
    await table.change('p', [create('a', 1)]);
    const etag = await etagOf(table, 'a');
    await table.change('p', [replace('a', 2, etag)]);
    await expect(table.change('p', [remove('a', etag)])).resolves.toBe(false);
    const now = await etagOf(table, 'a');
    await expect(table.change('p', [remove('a', now)])).resolves.toBe(true);
    await expect(table.change('p', [remove('a', now)])).resolves.toBe(false);
    expect(await rows(table)).toEqual([]);
  });

  test('removes rows together with other changes, or does none of them', async () => {
    const table = await open();
    await table.change('p', [create('a', 1), create('b', 1)]);
    const stale = await etagOf(table, 'a');
    await table.change('p', [replace('a', 2, stale)]);
    await expect(table.change('p', [remove('b'), replace('a', 3, stale)])).resolves.toBe(false);
    await expect(table.change('p', [remove('absent'), create('c', 1)])).resolves.toBe(false);
    const moved = [remove('b'), replace('a', 3, await etagOf(table, 'a')), create('c', 1)];
    await expect(table.change('p', moved)).resolves.toBe(true);
    expect(await rows(table)).toEqual([
      ['a', 3],
      ['c', 1],
    ]);
  });

  test('refuses a removal that names a version among other changes, rather than to remove any version', async () => {
    const table = await open();
    await table.change('p', [create('a', 1)]);
    const etag = await etagOf(table, 'a');
    await expect(table.change('p', [remove('a', etag), create('b', 1)])).rejects.toThrow(TypeError);
    expect(await rows(table)).toEqual([['a', 1]]);
  });

  test('gives a range page by page, each row once, and says where the next page starts', async () => {
    const table = await open();
    await table.change(
      'p',
      ['a', 'b', 'c', 'd', 'e', 'f'].map((key, index) => create(key, index)),
    );
    const seen: string[][] = [];
    for (let from: string | undefined = 'b'; from !== undefined;) {
      const page: Page<unknown> = await table.page(schema, 'p', { from, to: 'f', limit: 3 });
      seen.push(page.rows.map(({ rowKey }) => rowKey));
      from = page.next;
    }
    expect(seen).toEqual([['b', 'c', 'd'], ['e']]);
    await expect(table.page(schema, 'p', { from: 'a', to: 'd', limit: 3 })).resolves.toMatchObject({
      next: undefined,
    });
  });

  test('does all changes of a call or none', async () => {
    const table = await open();
    await table.change('p', [create('a', 1), create('b', 1)]);
    const stale = await etagOf(table, 'a');
    await table.change('p', [replace('a', 2, stale)]);
    await expect(table.change('p', [create('c', 3), replace('a', 3, stale)])).resolves.toBe(false);
    await expect(table.change('p', [create('c', 3), create('b', 3)])).resolves.toBe(false);
    expect(await rows(table)).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    await expect(
      table.change('p', [create('c', 3), replace('a', 3, await etagOf(table, 'a'))]),
    ).resolves.toBe(true);
    expect(await rows(table)).toEqual([
      ['a', 3],
      ['b', 1],
      ['c', 3],
    ]);
  });

  test('lets one of many change a row that all have seen', async () => {
    const table = await open();
    await table.change('p', [create('a', 0)]);
    const etag = await etagOf(table, 'a');
    const wins = await Promise.all([1, 2, 3, 4, 5].map((n) => table.change('p', [replace('a', n, etag)])));
    expect(wins.filter((won) => won)).toHaveLength(1);
    expect(await rows(table)).toEqual([['a', wins.indexOf(true) + 1]]);
  });

  test('lists a partition in the order of the keys, and a range of it without its end', async () => {
    const table = await open();
    for (const key of ['c', 'a', 'd', 'b']) await table.change('p', [create(key, key.charCodeAt(0))]);
    await table.change('q', [create('b', 0)]);
    expect((await rows(table)).map(([key]) => key)).toEqual(['a', 'b', 'c', 'd']);
    const range = await Array.fromAsync(table.range(schema, 'p', 'b', 'd'));
    expect(range.map(({ rowKey }) => rowKey)).toEqual(['b', 'c']);
  });

  test('takes keys with quotes for what they are', async () => {
    const table = await open();
    await table.change("p'q", [create("a' or 1 eq 1", 1)]);
    expect(await rows(table, "p'q")).toEqual([["a' or 1 eq 1", 1]]);
    expect(await rows(table, "p' or PartitionKey ne '")).toEqual([]);
  });

  test('removes a row, and does not mind when it is gone', async () => {
    const table = await open();
    await table.change('p', [create('a', 1)]);
    await table.remove('p', 'a');
    await table.remove('p', 'a');
    expect(await rows(table)).toEqual([]);
  });

  test('refuses a row of another form', async () => {
    const table = await open();
    await table.change('p', [{ kind: 'create', rowKey: 'a', value: { m: 'x' } }]);
    await expect(table.get(schema, 'p', 'a')).rejects.toThrow();
    await expect(Array.fromAsync(table.all(schema, 'p'))).rejects.toThrow();
  });
});

test('more rows than fit on a page are all listed', async () => {
  const { table } = await makeOwnTable(azurite);
  const keys = Array.from({ length: 1_050 }, (_, index) => String(index).padStart(5, '0'));
  for (let start = 0; start < keys.length; start += 100) {
    await table.change(
      'p',
      keys.slice(start, start + 100).map((key) => create(key, 1)),
    );
  }
  const listed = await Array.fromAsync(table.all(schema, 'p'));
  expect(listed.map(({ rowKey }) => rowKey)).toEqual(keys);
});

test('a table that cannot be reached is an error, not a lost race', async () => {
  const { table, client } = await makeOwnTable(azurite);
  await client.deleteTable();
  // A table that is not there answers 404, as a row that is not there does; anything else is thrown.
  await expect(table.change('p', [{ kind: 'create', rowKey: 'a/b', value: { n: 1 } }])).rejects.toThrow();
});
