// Where import records are kept, on real Table storage: a change counts only against the record that it was made from.
import { makeImportStore } from '../../shared/runs/import-store';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnTable } from '../support/azurite-clients';
import { aRecord, runId } from './support/fixtures';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const start = async () => makeImportStore((await makeOwnTable(azurite)).table);

test('of those who write the first record of a batch, one does', async () => {
  const imports = await start();
  const owners = ['a', 'b', 'c', 'd'];
  const wrote = await Promise.all(
    owners.map((owner) => imports.put(runId, undefined, aRecord(7, { owner }))),
  );
  expect(wrote.filter((did) => did)).toHaveLength(1);
  expect((await imports.get(runId, 7))?.value.owner).toBe(owners[wrote.indexOf(true)]);
});

test('of those who change the same version of a record, one does', async () => {
  const imports = await start();
  await imports.put(runId, undefined, aRecord(1));
  const before = await imports.get(runId, 1);
  const wrote = await Promise.all(
    ['a', 'b', 'c'].map((owner) => imports.put(runId, before, aRecord(1, { owner }))),
  );
  expect(wrote.filter((did) => did)).toHaveLength(1);
});

test('all records of a run come in the order of their batches, and none of another run', async () => {
  const imports = await start();
  for (const batch of [10, 2, 1]) await imports.put(runId, undefined, aRecord(batch));
  await imports.put('summer-20260301120000-abcdefghij23', undefined, aRecord(3));
  expect((await imports.all(runId)).map(({ value }) => value.batch)).toEqual([1, 2, 10]);
});

test('they can be removed together, and again', async () => {
  const imports = await start();
  for (const batch of [1, 2, 3]) await imports.put(runId, undefined, aRecord(batch));
  await imports.put('summer-20260301120000-abcdefghij23', undefined, aRecord(3));
  await imports.removeAll(runId);
  await imports.removeAll(runId);
  expect(await imports.all(runId)).toEqual([]);
  expect(await imports.all('summer-20260301120000-abcdefghij23')).toHaveLength(1);
  // Who still held the old version learns that it is gone.
  expect(await imports.get(runId, 1)).toBeUndefined();
});

test('a change of a record that was removed does not bring it back', async () => {
  const imports = await start();
  await imports.put(runId, undefined, aRecord(1));
  const before = await imports.get(runId, 1);
  await imports.removeAll(runId);
  await expect(imports.put(runId, before, aRecord(1))).resolves.toBe(false);
  expect(await imports.all(runId)).toEqual([]);
});
