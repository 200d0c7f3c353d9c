// Prepare is repeatable and exclusive in effect: one manifest for a run, whoever fails, repeats or comes second.
import type { Mapping } from '../../shared/contacts/mapping';
import { readManifest } from '../../shared/contacts/manifest';
import { ManifestGone } from '../../shared/contacts/manifest';
import { prepare } from '../../shared/contacts/prepare';
import { makeMemoryBlobs } from '../support/memory-blobs';
import { feed, oneShard, type Row } from './feeder';
import { folder, prepared, receive, run } from './prepared';

const mapping: Mapping = { email: 'Email', fields: {} };
const rows: Row[] = Array.from({ length: 60_000 }, (_, index) => [`person.${index}@customers.example.com`]);
const segments = oneShard(['Email'], rows);
const manifestBlob = `${folder}manifest.json`;

describe('two executions of prepare', () => {
  it('at once agree on one manifest, and the files of the other are gone', async () => {
    const store = makeMemoryBlobs();
    const results = await Promise.all(
      ['x1', 'x2', 'x3'].map((execution) => prepared(segments, mapping, { store, execution })),
    );
    const [{ manifest }] = results as [(typeof results)[number]];
    for (const result of results) expect(result.manifest).toEqual(manifest);
    const own = `${folder}${manifest.execution}/`;
    expect(store.names()).toEqual(
      [manifestBlob, `${own}batch-0-0001.csv`, `${own}batch-0-0002.csv`, `${own}rejects.csv`].sort(),
    );
    expect(receive(store, manifest).people.size).toBe(60_000);
  });

  it('one after the other: the second finds the manifest and reads nothing', async () => {
    const store = makeMemoryBlobs();
    const first = await prepared(segments, mapping, { store });
    const names = store.names();
    const read = () => Promise.reject(new Error('read again'));
    const second = await prepared(segments, mapping, { store, execution: 'x2', read });
    expect(second.manifest).toEqual(first.manifest);
    expect(store.names()).toEqual(names);
  });

  it('a repeated request that finds what its first try wrote keeps the files', async () => {
    const inner = makeMemoryBlobs();
    const store = {
      ...inner,
      create: async (...args: Parameters<typeof inner.create>) => !(await inner.create(...args)),
    };
    const { manifest } = await prepared(segments, mapping, { store });
    expect(manifest.execution).toBe('x1');
    expect(receive(inner, manifest).people.size).toBe(60_000);
  });

  it('an error where the manifest may have been written keeps the files that it names', async () => {
    const store = makeMemoryBlobs({
      after: (operation) => {
        if (operation === 'create') throw new Error('the answer got lost');
      },
    });
    await expect(run(segments, mapping, { store })).rejects.toThrow('the answer got lost');
    const { manifest } = await prepared(segments, mapping, { store, execution: 'x2' });
    expect(manifest.execution).toBe('x1');
    expect(receive(store, manifest).people.size).toBe(60_000);
  });

  it('fails when the manifest vanishes as soon as it is found', async () => {
    const inner = makeMemoryBlobs();
    const store = { ...inner, create: () => Promise.resolve(false) };
    await expect(run(segments, mapping, { store })).rejects.toThrow(ManifestGone);
  });

  it('a refused one leaves the way free for the next', async () => {
    const store = makeMemoryBlobs();
    const { result } = await run(segments, mapping, {
      store,
      limits: { maxContacts: 59_999, maxMalformedShare: 0 },
    });
    expect(result.kind).toBe('refused');
    expect(await readManifest(store, folder)).toBeUndefined();
    const { manifest } = await prepared(segments, mapping, { store, execution: 'x2' });
    expect(manifest.execution).toBe('x2');
  });
});

describe('an error in the middle', () => {
  it('of the reader passes through and leaves nothing behind', async () => {
    const store = makeMemoryBlobs();
    const feeder = feed(segments);
    const failure = new Error('the shard changed');
    const read: typeof feeder.read = async (...args) => {
      await feeder.read(...args);
      throw failure;
    };
    await expect(run(segments, mapping, { store, read })).rejects.toBe(failure);
    expect(store.names()).toEqual([]);
  });

  it.each(['append', 'commit', 'write'] as const)(
    'of storage at %s passes through and leaves nothing behind',
    async (failing) => {
      const failure = new Error('storage is down');
      const store = makeMemoryBlobs({
        before: (operation, name) => {
          if (operation === failing && name.includes('batch')) throw failure;
        },
      });
      await expect(run(segments, mapping, { store })).rejects.toBe(failure);
      expect(store.names()).toEqual([]);
    },
  );

  it('is not hidden by one of the cleaning up', async () => {
    const failure = new Error('the shard changed');
    const store = makeMemoryBlobs({
      before: (operation) => {
        if (operation === 'remove') throw new Error('storage is down');
      },
    });
    const feeder = feed(segments);
    const read: typeof feeder.read = async (...args) => {
      await feeder.read(...args);
      throw failure;
    };
    await expect(run(segments, mapping, { store, read })).rejects.toBe(failure);
  });

  it('at a checkpoint stops the work before all is read, and leaves nothing behind', async () => {
    const store = makeMemoryBlobs();
    const cancelled = new Error('cancelled');
    let handedOver = 0;
    const feeder = feed(oneShard(['Email'], [...rows, ...rows]));
    const read: typeof feeder.read = (shard, columns, sink) =>
      feeder.read(shard, columns, {
        record: (record) => {
          handedOver++;
          sink.record(record);
        },
        malformed: (...args) => sink.malformed(...args),
        drain: () => sink.drain(),
      });
    const work = prepare(
      { read, store, checkpoint: () => Promise.reject(cancelled) },
      {
        runId: 'r1',
        execution: 'x1',
        segments: feeder.segments,
        mapping,
        limits: { maxContacts: 1_000_000, maxMalformedShare: 0 },
        addressesInClear: false,
        folder,
      },
    );
    await expect(work).rejects.toBe(cancelled);
    expect(handedOver).toBeLessThan(rows.length);
    expect(store.names()).toEqual([]);
  });

  it('at the last checkpoint comes before the manifest', async () => {
    const store = makeMemoryBlobs();
    const work = run(oneShard(['Email'], rows.slice(0, 10)), mapping, {
      store,
      checkpoint: () => Promise.reject(new Error('cancelled')),
    });
    await expect(work).rejects.toThrow('cancelled');
    expect(store.names()).toEqual([]);
  });
});
