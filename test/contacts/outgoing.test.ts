// Bytes on their way to storage: in order for each blob, few requests at a time, and over when it is said that they are.
import { makeOutgoing, outgoingBlob } from '../../shared/contacts/outgoing';
import { makeMemoryBlobs } from '../support/memory-blobs';

const bytes = Buffer.from('12345');

/** A store that counts the requests under way, in all and for each blob. */
function watchedStore() {
  const running = new Map<string, number>();
  const most = { inAll: 0, ofOneBlob: 0 };
  const seen = { begun: 0 };
  const store = makeMemoryBlobs({
    before: (_operation, name) => {
      seen.begun++;
      running.set(name, (running.get(name) ?? 0) + 1);
      const counts = [...running.values()];
      most.inAll = Math.max(
        most.inAll,
        counts.reduce((sum, count) => sum + count, 0),
      );
      most.ofOneBlob = Math.max(most.ofOneBlob, ...counts);
    },
    after: (_operation, name) => {
      running.set(name, (running.get(name) ?? 0) - 1);
    },
  });
  const underWay = () => [...running.values()].reduce((sum, count) => sum + count, 0);
  return { store, most, seen, underWay };
}

test('blocks of one blob go one after another, those of several at the same time, four at most', async () => {
  const { store, most } = watchedStore();
  const outgoing = makeOutgoing(store);
  const blobs = Array.from({ length: 10 }, (_, index) => outgoingBlob(`b${index}`));
  for (const blob of blobs) {
    for (let block = 0; block < 5; block++) {
      outgoing.send(blob, Buffer.from(`${block} of ${blob.name}\n`), block === 4, () => undefined);
    }
  }
  await outgoing.below(0);
  expect(most).toEqual({ inAll: 4, ofOneBlob: 1 });
  for (const { name } of blobs) {
    expect(store.text(name)).toBe([0, 1, 2, 3, 4].map((block) => `${block} of ${name}\n`).join(''));
  }
});

test('bytes may be used again once they have arrived, and not before', async () => {
  const { store } = watchedStore();
  const outgoing = makeOutgoing(store);
  const buffer = Buffer.from('first');
  const blob = outgoingBlob('b');
  const arrived = new Promise<void>((resolve) => outgoing.send(blob, buffer, false, resolve));
  expect(outgoing.waiting).toBe(5);
  await arrived;
  expect(outgoing.waiting).toBe(0);
  buffer.write('other');
  outgoing.send(blob, buffer, true, () => undefined);
  await outgoing.below(0);
  expect(store.text('b')).toBe('firstother');
});

test('waiting ends as soon as few enough bytes wait', async () => {
  const { store, underWay } = watchedStore();
  const outgoing = makeOutgoing(store);
  for (let index = 0; index < 20; index++)
    outgoing.send(outgoingBlob(`b${index}`), bytes, true, () => undefined);
  await outgoing.below(50);
  expect(outgoing.waiting).toBeLessThanOrEqual(50);
  expect(underWay()).toBeGreaterThan(0);
  await outgoing.below(0);
});

test('what is abandoned has no request under way afterwards, and begins none', async () => {
  const { store, seen, underWay } = watchedStore();
  const outgoing = makeOutgoing(store);
  for (let index = 0; index < 20; index++)
    outgoing.send(outgoingBlob(`b${index}`), bytes, true, () => undefined);
  expect(underWay()).toBe(4);
  await outgoing.abandon();
  expect(underWay()).toBe(0);
  outgoing.send(outgoingBlob('late'), bytes, true, () => undefined);
  await outgoing.abandon();
  expect(seen.begun).toBe(4);
  expect(store.names()).toHaveLength(4);
});

test('the first error is thrown to who waits, and nothing is begun after it', async () => {
  const failure = new Error('storage is down');
  let begun = 0;
  const outgoing = makeOutgoing(
    makeMemoryBlobs({
      before: () => {
        begun++;
        throw failure;
      },
    }),
  );
  for (let index = 0; index < 20; index++)
    outgoing.send(outgoingBlob(`b${index}`), bytes, true, () => undefined);
  await expect(outgoing.below(0)).rejects.toBe(failure);
  await outgoing.abandon();
  expect(begun).toBe(4);
});
