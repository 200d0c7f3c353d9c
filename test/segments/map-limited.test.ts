// Many calls, a few at a time.
import { mapLimited } from '../../shared/segments/map-limited';

test('results stand in the order of the items, and no more calls are open than allowed', async () => {
  let open = 0;
  let most = 0;
  const results = await mapLimited([5, 1, 4, 2, 3], 2, async (item) => {
    most = Math.max(most, (open += 1));
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    open -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('after a failure no further call starts', async () => {
  const started: number[] = [];
  const failing = mapLimited([1, 2, 3, 4], 2, async (item) => {
    started.push(item);
    await new Promise(setImmediate);
    if (item === 1) throw new Error('one');
  });
  await expect(failing).rejects.toThrow('one');
  await new Promise(setImmediate);
  expect(started).toEqual([1, 2]);
});
