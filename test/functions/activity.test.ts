// What every activity has in common: what it takes, what it gives, and how little it says when it fails.
import { InvocationContext, type LogLevel } from '@azure/functions';
import { z } from 'zod';
import { activity } from '../../functions/activities/activity';
import { log, within } from '../../functions/invocation';

const secret = 'secret.person@example.com';
const inputSchema = z.strictObject({
  runId: z.string(),
  batch: z.int().optional(),
  attempt: z.int().optional(),
});
const resultSchema = z.strictObject({ sent: z.int() });

let time: number;
const clock = { now: () => time, sleep: () => Promise.resolve() };
beforeEach(() => (time = Date.parse('2026-03-02T09:00:00Z')));

function start(work: (input: { runId: string }) => Promise<unknown>, ready = () => Promise.resolve()) {
  const lines: { level: LogLevel; line: string }[] = [];
  const context = new InvocationContext({
    logHandler: (level, ...args) => void lines.push({ level, line: args.map(String).join(' ') }),
  });
  const { name, handler } = activity(
    'sample',
    inputSchema,
    resultSchema,
    { ready, clock, log },
    work as never,
  );
  return { name, lines, call: (input: unknown) => Promise.resolve(handler(input, context)) };
}

async function failureOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail with an error');
}

test('its input and its result are what the schemas say', async () => {
  const { call } = start(({ runId }) => Promise.resolve({ sent: runId.length }));
  await expect(call({ runId: 'abc' })).resolves.toEqual({ sent: 3 });
  await expect(call({ runId: 7 })).rejects.toThrow('sample');
  await expect(call({ runId: 'abc', more: secret })).rejects.toThrow('sample');
  await expect(
    start(() => Promise.resolve({ sent: 1, address: secret })).call({ runId: 'a' }),
  ).rejects.toThrow('sample');
});

test.each<[string, unknown, string]>([
  ['an error with a code', Object.assign(new Error(secret), { code: 'some-code' }), 'some-code'],
  ['an error of a service', Object.assign(new Error(secret), { statusCode: 503 }), 'http-503'],
  ['any other error', new TypeError(secret), 'TypeError'],
  ['something that is no error', secret, 'string'],
  ['nothing', null, 'object'],
])(
  'what it throws goes into the history: after %s it is short and names a code only',
  async (_name, thrown, code) => {
    const { call, lines } = start(() => {
      throw thrown as Error;
    });
    const error = await failureOf(call({ runId: 'a-1' }));
    expect(error.message).toBe(`sample: ${code}`);
    expect(error.cause).toBeUndefined();
    expect(String(error.stack)).not.toContain('secret');
    const event = {
      event: 'activity.failed',
      activity: 'sample',
      run: 'a-1',
      export: 'a',
      code,
      milliseconds: 0,
    };
    expect(lines).toEqual([{ level: 'error', line: JSON.stringify(event) }]);
  },
);

test('it waits for the tables of the app, and fails in the same way when they cannot be made', async () => {
  let worked = false;
  const work = () => {
    worked = true;
    return Promise.resolve({ sent: 1 });
  };
  const { call } = start(work, () => Promise.reject(Object.assign(new Error(secret), { statusCode: 500 })));
  expect((await failureOf(call({ runId: 'a' }))).message).toBe('sample: http-500');
  expect(worked).toBe(false);
});

test('what is logged on the way belongs to the invocation, at its level', async () => {
  const eventsOf = ({ lines }: ReturnType<typeof start>) =>
    lines.filter(({ line }) => !line.includes('activity.ended'));
  const one = start(async () => {
    log.info('a.happened', { n: 1 });
    await Promise.resolve();
    log.warn('b.happened');
    return { sent: 1 };
  });
  const other = start(() => {
    log.error('c.happened', { gone: undefined });
    return Promise.resolve({ sent: 1 });
  });
  await Promise.all([one.call({ runId: 'a' }), other.call({ runId: 'b' })]);
  expect(eventsOf(one)).toEqual([
    { level: 'information', line: '{"event":"a.happened","n":1}' },
    { level: 'warning', line: '{"event":"b.happened"}' },
  ]);
  expect(eventsOf(other)).toEqual([{ level: 'error', line: '{"event":"c.happened"}' }]);
});

test('outside of an invocation a line goes to the console', async () => {
  const written = jest.spyOn(console, 'info').mockImplementation(() => undefined);
  log.info('start.happened');
  expect(written).toHaveBeenCalledWith('{"event":"start.happened"}');
  written.mockClear();
  const context = new InvocationContext({ logHandler: () => undefined });
  await within(context, async () => {
    log.info('x.happened');
    await Promise.resolve();
  });
  expect(written).not.toHaveBeenCalled();
  written.mockRestore();
});

const endedWith = async (result: unknown, input: object) => {
  const lines: string[] = [];
  const { handler } = activity(
    'sample',
    z.looseObject({}),
    z.unknown(),
    { ready: () => Promise.resolve(), clock, log },
    () => {
      time += 1500;
      return Promise.resolve(result);
    },
  );
  await handler(
    input,
    new InvocationContext({ logHandler: (_level, line) => void lines.push(String(line)) }),
  );
  return lines.map((line) => JSON.parse(line) as unknown);
};

test('its end says what it was about, how it went and how long it took', async () => {
  const about = { runId: 'abc-1', batch: 7, attempt: 2 };
  expect(await endedWith({ kind: 'sent' }, about)).toEqual([
    {
      event: 'activity.ended',
      activity: 'sample',
      run: 'abc-1',
      export: 'abc',
      batch: 7,
      attempt: 2,
      outcome: 'sent',
      milliseconds: 1500,
    },
  ]);
  expect(await endedWith(undefined, { runId: 'abc-1' })).toEqual([
    {
      event: 'activity.ended',
      activity: 'sample',
      run: 'abc-1',
      export: 'abc',
      outcome: 'done',
      milliseconds: 1500,
    },
  ]);
});

test('work that is put off says why, until when, and for how long', async () => {
  const until = Date.parse('2026-03-02T09:02:01.5Z');
  const [event] = await endedWith({ kind: 'later', until, why: 'job-queue' }, { runId: 'abc-1' });
  expect(event).toMatchObject({
    event: 'activity.ended',
    outcome: 'later',
    reason: 'job-queue',
    until: '2026-03-02T09:02:01.500Z',
    seconds: 120,
  });
});
