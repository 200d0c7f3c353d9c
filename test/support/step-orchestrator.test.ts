// What steps orchestrators in tests finds what the real host would punish.
import { RetryOptions, type OrchestrationContext, type Task } from 'durable-functions';
import { stepOrchestrator } from './step-orchestrator';

const retry = new RetryOptions(1_000, 2);
const soon = ({ df }: OrchestrationContext) => new Date(df.currentUtcDateTime.getTime() + 1_000);
const step = (
  orchestrator: (context: OrchestrationContext) => Generator<Task, unknown, unknown>,
  wait?: () => string | undefined,
) =>
  stepOrchestrator(orchestrator, {
    input: {},
    answers: { work: () => ({ n: 1 }) },
    ...(wait ? { wait } : {}),
  });

test.each<[string, (context: OrchestrationContext) => Generator<Task, unknown, unknown>, RegExp]>([
  [
    'a timer in a second compound task',
    function* (context) {
      const { df } = context;
      const timer = df.createTimer(soon(context));
      yield df.Task.any([timer, df.waitForExternalEvent('go')]);
      yield df.Task.any([timer, df.waitForExternalEvent('go')]);
    },
    /started again/,
  ],
  [
    'an activity in a second compound task',
    function* ({ df }) {
      const work = df.callActivityWithRetry('work', retry, {});
      yield df.Task.all([work]);
      yield df.Task.all([work, df.callActivityWithRetry('work', retry, {})]);
    },
    /started again/,
  ],
  [
    'also when the orchestrator catches what is thrown',
    function* ({ df }) {
      const work = df.callActivityWithRetry('work', retry, {});
      yield work;
      try {
        yield df.Task.all([work]);
      } catch {
        return;
      }
    },
    /started again/,
  ],
  [
    'a timer that lost its race and was not cancelled',
    function* (context) {
      const { df } = context;
      yield df.Task.any([df.createTimer(soon(context)), df.callActivityWithRetry('work', retry, {})]);
    },
    /not cancelled/,
  ],
  [
    'a custom status over 16 KB',
    function* ({ df }) {
      df.setCustomStatus({ text: 'x'.repeat(8_200) });
      yield df.callActivityWithRetry('work', retry, {});
    },
    /over 16 KB/,
  ],
  [
    'a compound task of nothing',
    function* ({ df }) {
      yield df.Task.all([]);
    },
    /at least one task/,
  ],
  [
    'an activity that the script does not know',
    function* ({ df }) {
      yield df.callActivityWithRetry('other', retry, {});
    },
    /no answer for call 1 of other/,
  ],
  [
    'something that is no task',
    function* () {
      yield 5 as unknown as Task;
    },
    /only tasks can be yielded/,
  ],
  [
    'a wait for an event that nobody sends',
    function* ({ df }) {
      yield df.waitForExternalEvent('go');
    },
    /never comes/,
  ],
])('it finds %s', (_name, orchestrator, rule) => {
  expect(() => step(orchestrator)).toThrow(rule);
});

test('an event may be waited for again and again, and one that comes early is kept', () => {
  const { actions, result } = step(
    function* (context) {
      const { df } = context;
      const go = df.waitForExternalEvent('go');
      yield df.Task.any([df.createTimer(soon(context)), go]);
      const timer = df.createTimer(soon(context));
      const first = yield df.Task.any([timer, go]);
      timer.cancel();
      return first === go;
    },
    (() => {
      let waits = 0;
      return () => ((waits += 1) === 2 ? 'go' : undefined);
    })(),
  );
  expect(result).toBe(true);
  expect(actions).toMatchObject([
    { kind: 'timer', fired: true, canceled: false },
    { kind: 'timer', fired: false, canceled: true },
  ]);
});

test('a failed activity throws into the orchestrator, and its siblings are asked all the same', () => {
  const asked: unknown[] = [];
  const { result } = stepOrchestrator(
    function* ({ df }) {
      try {
        yield df.Task.all([1, 2].map((n) => df.callActivityWithRetry('work', retry, { n })));
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    },
    {
      input: {},
      answers: {
        work: ({ input, call }) => {
          asked.push(input);
          return call === 1 ? new Error('one failed') : { ok: true };
        },
      },
    },
  );
  expect(result).toBe('one failed');
  expect(asked).toEqual([{ n: 1 }, { n: 2 }]);
});
