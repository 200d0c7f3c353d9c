// The lease on real Blob storage.
import { ContainerClient } from '@azure/storage-blob';
import { makeLease } from '../../shared/platform/lease';
import { startAzurite, type Azurite } from '../support/azurite';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

let containers = 0;
async function start() {
  const container = new ContainerClient(azurite.connectionString, `leases-${(containers += 1)}`);
  const lease = makeLease(container);
  await lease.prepare();
  await lease.prepare();
  return { container, lease };
}

test('of many that ask at once, exactly one gets the lease, also for a name that was never used', async () => {
  const { lease } = await start();
  const handles = await Promise.all(Array.from({ length: 10 }, () => lease.acquire('tokens/c1', 15)));
  expect(handles.filter((handle) => handle !== undefined)).toHaveLength(1);
});

test('a lease that is given back can be had again, and another name is another lease', async () => {
  const { lease } = await start();
  const first = await lease.acquire('a', 15);
  expect(await lease.acquire('a', 15)).toBeUndefined();
  const other = await lease.acquire('b', 15);
  expect(other).toBeDefined();
  await first?.release();
  expect(await lease.acquire('a', 15)).toBeDefined();
});

test('a holder can renew as long as the lease is its own, and learns when it is not', async () => {
  const { container, lease } = await start();
  const first = await lease.acquire('a', 15);
  expect(await first?.renew()).toBe(true);
  await container.getBlobClient('a').getBlobLeaseClient().breakLease(0);
  const second = await lease.acquire('a', 15);
  expect(second).toBeDefined();
  expect(await first?.renew()).toBe(false);
  await first?.release();
  expect(await second?.renew()).toBe(true);
  expect(await lease.acquire('a', 15)).toBeUndefined();
});

test('a fault of the storage is not taken for "somebody else has it"', async () => {
  const { lease } = await start();
  await expect(lease.acquire('a', 5)).rejects.toMatchObject({ statusCode: 400 });
});
