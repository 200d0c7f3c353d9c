// How many requests a step took is part of what it answers.
import { countingRequests } from '../../shared/runs/count-requests';
import { makeFakeAccount } from './support/fake-account';

test('each slot of the budget counts, for the step that took it', async () => {
  const opened: string[] = [];
  const step = countingRequests(
    (connectionId, onRequest = () => undefined) => {
      opened.push(connectionId);
      return {
        ...makeFakeAccount(),
        proveImport: async () => {
          await Promise.resolve();
          onRequest();
        },
      };
    },
    (account) => async (times: number) => {
      for (let made = 0; made < times; made++) await account('main').proveImport();
      return { kind: 'sent' };
    },
  );
  const answers = await Promise.all([step(2), step(0), step(3)]);
  expect(answers).toEqual([{ kind: 'sent', requests: 2 }, { kind: 'sent' }, { kind: 'sent', requests: 3 }]);
  expect(new Set(opened)).toEqual(new Set(['main']));
});
