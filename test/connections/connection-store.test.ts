// Where connections are kept: one row each, unique names and accounts whoever writes at the same time, and no id used twice.
import * as fc from 'fast-check';
import type { Connection } from '../../shared/connections/connection';
import { makeConnectionStore } from '../../shared/connections/connection-store';
import { makeHealthFactsStore } from '../../shared/connections/health-facts';
import { newId } from '../../shared/platform/ids';
import type { Table } from '../../shared/platform/tables';
import { failureOf } from '../constant-contact/support/client';
import { aConnection, noon } from '../runs/support/fixtures';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnTable } from '../support/azurite-clients';
import { makeMemoryTable } from '../support/memory-tables';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const removing = {
  since: new Date(noon).toISOString(),
  by: { id: 't/a', name: 'Ada' },
  exports: 'detach',
} as const;
const account = (id: string) => ({ id, organization: 'Contoso' });
const named = (name: string) => (before: Connection) => ({ ...before, name });

describe.each<[string, () => Promise<Table>]>([
  ['in Azurite', async () => (await makeOwnTable(azurite)).table],
  ['in memory', () => Promise.resolve(makeMemoryTable())],
])('connections %s', (_name, open) => {
  const start = async () => makeConnectionStore(await open());

  test('are kept as they are, with a version that moves when they change', async () => {
    const store = await start();
    const made = await store.create(aConnection());
    expect(made.value).toEqual(aConnection());
    await expect(store.read('main')).resolves.toEqual(made);
    await expect(store.get('main')).resolves.toEqual(aConnection());
    const changed = await store.change('main', made.etag, named('Other'));
    expect(changed).toMatchObject({ value: { name: 'Other' } });
    expect(changed.etag).not.toBe(made.etag);
    await expect(store.read('main')).resolves.toEqual(changed);
    const unchanged = await store.change('main', changed.etag, named('Other'));
    expect(unchanged).toEqual(changed);
  });

  test('are listed by id, and only they', async () => {
    const store = await start();
    for (const id of ['zoo', 'abc', 'mid'])
      await store.create(aConnection({ id, name: id, account: account(id) }));
    const listed = await Array.fromAsync(store.list());
    expect(listed.map(({ id }) => id)).toEqual(['abc', 'mid', 'zoo']);
    await expect(store.ofAccount('mid')).resolves.toBe('mid');
    await expect(store.ofAccount('none')).resolves.toBeUndefined();
  });

  test('do not change when somebody else was faster', async () => {
    const store = await start();
    const { etag } = await store.create(aConnection());
    await store.change('main', etag, named('Faster'));
    expect(await failureOf(store.change('main', etag, named('Slower')))).toMatchObject({
      code: 'connection-changed',
    });
    await expect(store.get('main')).resolves.toMatchObject({ name: 'Faster' });
    expect(await failureOf(store.change('absent', undefined, named('x')))).toMatchObject({
      code: 'connection-missing',
    });
  });

  test('that change without a version all get their turn', async () => {
    const store = await start();
    await store.create(aConnection());
    const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const append = (letter: string) =>
      store.change('main', undefined, (before) => ({ ...before, name: `${before.name}${letter}` }));
    await Promise.all(letters.map(append));
    const { name } = (await store.get('main'))!;
    expect(Array.from(name.slice('Main account'.length)).sort()).toEqual(letters);
  });

  test('have names of their own: of many that want one name at the same time, one gets it', async () => {
    const store = await start();
    const ids = Array.from({ length: 6 }, newId);
    const made = await Promise.allSettled(
      ids.map((id, index) => store.create(aConnection({ id, name: index % 2 ? 'NEWS' : 'News' }))),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [{ id: winner } = { id: '' }] = await Array.fromAsync(store.list());
    for (const each of made) {
      if (each.status === 'rejected')
        expect(each.reason).toMatchObject({ code: 'name-taken', connectionId: winner });
    }
  });

  test('give up a name for a new one, in one step', async () => {
    const store = await start();
    await store.create(aConnection({ id: 'one', name: 'One' }));
    await store.create(aConnection({ id: 'two', name: 'Two' }));
    expect(await failureOf(store.change('two', undefined, named('oNE')))).toMatchObject({
      code: 'name-taken',
      connectionId: 'one',
    });
    await store.change('one', undefined, named('Free'));
    await store.change('two', undefined, named('oNE'));
    await store.change('two', undefined, named('ONE'));
    await expect(store.get('two')).resolves.toMatchObject({ name: 'ONE' });
  });

  test('have accounts of their own', async () => {
    const store = await start();
    await store.create(aConnection({ id: 'one', name: 'One' }));
    await store.create(aConnection({ id: 'two', name: 'Two' }));
    const pin = (id: string) =>
      store.change(id, undefined, (before) => ({ ...before, account: account('a07e') }));
    await pin('one');
    expect(await failureOf(pin('two'))).toMatchObject({ code: 'account-taken', connectionId: 'one' });
  });

  test('that are removed leave nothing but their id, which is not used again', async () => {
    const table = await open();
    const store = makeConnectionStore(table);
    await store.create(aConnection({ account: account('a07e') }));
    expect(await failureOf(store.remove('main', new Date(noon)))).toMatchObject({
      message: 'connection main is not marked as being removed',
    });
    await store.change('main', undefined, (before) => ({ ...before, removing }));
    expect(await failureOf(store.change('main', undefined, named('x')))).toMatchObject({
      code: 'connection-being-removed',
    });
    await Promise.all([store.remove('main', new Date(noon)), store.remove('main', new Date(noon))]);
    await store.remove('main', new Date(noon));
    await expect(store.get('main')).resolves.toBeUndefined();
    await expect(Array.fromAsync(store.list())).resolves.toEqual([]);
    expect(await failureOf(store.create(aConnection()))).toMatchObject({
      message: 'there was a connection main before; an id is never used again',
    });
    const again = await store.create(aConnection({ id: 'another', account: account('a07e') }));
    expect(again.value.name).toBe('Main account');
    await makeHealthFactsStore(table).update('main', (facts) => ({
      ...facts,
      unreachableSince: removing.since,
    }));
    await expect(makeHealthFactsStore(table).get('main')).resolves.toMatchObject({ unreachableSince: null });
  });
});

test('whatever is done at the same time, names stay unique, and each belongs to the connection that has it', async () => {
  const name = fc.constantFrom('A', 'a', 'B', 'Ａ', 'c');
  const id = fc.constantFrom('one', 'two', 'six');
  const step = fc.oneof(
    fc.record({ kind: fc.constant('create' as const), id, name }),
    fc.record({ kind: fc.constant('rename' as const), id, name }),
    fc.record({ kind: fc.constant('remove' as const), id }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const table = makeMemoryTable();
      const store = makeConnectionStore(table);
      await Promise.allSettled(
        steps.map(async (each) => {
          if (each.kind === 'create') return store.create(aConnection({ id: each.id, name: each.name }));
          if (each.kind === 'rename') return store.change(each.id, undefined, named(each.name));
          await store.change(each.id, undefined, (before) => ({ ...before, removing }));
          return store.remove(each.id, new Date(noon));
        }),
      );
      const keys = [...table.dump().keys()];
      const claims = keys.filter((key) => key.startsWith('connection/name-'));
      const standing = await Array.fromAsync(store.list());
      expect(claims).toHaveLength(standing.length);
      expect(keys.filter((key) => key.startsWith('connection/health-'))).toHaveLength(standing.length);
      const all = await Promise.all(
        standing.map((each) => failureOf(store.create(aConnection({ id: newId(), name: each.name })))),
      );
      expect(all).toEqual(
        standing.map((each) => expect.objectContaining({ connectionId: each.id }) as unknown),
      );
    }),
    { numRuns: 300 },
  );
});

test('a change whose answer got lost is known again as done', async () => {
  let losing = false;
  const table = makeMemoryTable();
  const lossy: Table = {
    ...table,
    // As the SDK does it: the first try was done, its answer was lost, and the second try finds it done by somebody.
    async change(partition, changes) {
      const done = await table.change(partition, changes);
      return losing && done ? table.change(partition, changes) : done;
    },
  };
  const store = makeConnectionStore(lossy);
  losing = true;
  const { etag } = await store.create(aConnection());
  await expect(store.change('main', etag, named('New'))).resolves.toMatchObject({ value: { name: 'New' } });
  await store.change('main', undefined, (before) => ({ ...before, removing }));
  await store.remove('main', new Date(noon));
  await expect(store.get('main')).resolves.toBeUndefined();
});

test('what is no id reaches no table', async () => {
  const refusing = () => {
    throw new Error('the table was asked');
  };
  const table = { get: refusing, change: refusing } as unknown as Table;
  const store = makeConnectionStore(table);
  const facts = makeHealthFactsStore(table);
  const odd = [
    '',
    'ab',
    'a/b',
    '..',
    '../../main',
    'MAIN',
    'a'.repeat(1_000),
    '😀😀😀',
    "a' or 1 eq 1",
    'a b',
    'a\n',
  ];
  for (const id of odd) {
    await expect(store.get(id)).resolves.toBeUndefined();
    expect(await failureOf(store.change(id, undefined, named('x')))).toMatchObject({
      code: 'connection-missing',
    });
    await expect(store.remove(id, new Date(noon))).resolves.toBeUndefined();
    await expect(facts.get(id)).resolves.toMatchObject({ reconnect: null });
    expect((await failureOf(store.create(aConnection({ id })))) as Error).toHaveProperty('name', 'ZodError');
  }
});
