// Waiting for a condition ends with its answer, with its error, or at the deadline.
import { DeadlinePassed, until } from './until';

test('the first answer that is neither false nor undefined is given back', async () => {
  const answers = [undefined, false, 0, 'too late'];
  expect(await until(() => Promise.resolve(answers.shift()))).toBe(0);
  expect(answers).toEqual(['too late']);
});

test('at the deadline it says what did not come', async () => {
  const waited = until(() => 'this'.startsWith('that'), 0);
  await expect(waited).rejects.toThrow(DeadlinePassed);
  await expect(waited).rejects.toThrow("startsWith('that')");
});

test('a condition that fails ends the wait', async () => {
  const broken = new Error('cannot be looked at');
  await expect(until(() => Promise.reject(broken))).rejects.toBe(broken);
});
