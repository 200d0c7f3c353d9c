// Orchestrations on the local Functions host: values, events, timers, new executions, and what is refused.
import { startAzurite, type Azurite } from '../../support/azurite';
import { startHostApp, type HostApp } from '../../support/host-app';
import { until } from '../../support/until';

let azurite: Azurite;
let app: HostApp;
beforeAll(async () => {
  azurite = await startAzurite();
  app = await startHostApp(azurite.connectionString);
});
afterAll(async () => {
  await app.stop();
  await azurite.stop();
});

const outputOf = async (name: string, input?: unknown) => (await app.run(name, input)).output;

test("an activity's input and result change on their way as they do in Azure", async () => {
  expect(await outputOf('values', { q: 1 })).toEqual({
    given: [
      'string "True"',
      'undefined',
      'number 5',
      'string "text"',
      'string "7"',
      'object {"a":1}',
      'object [1,2]',
    ],
    gives: { nothing: null, text: 'text', date: '1970-01-01T00:00:00.000Z', bytes: 'Ynl0ZXM=', number: 1.5 },
    long: 100_000,
    input: { q: 1 },
  });
});

test('values of any length come through, by way of blobs', async () => {
  const input = { text: 'ä'.repeat(60_000) };
  expect(await app.run('large', input)).toMatchObject({ input, output: { echo: input } });
});

test('an instance stays Running until everything that it scheduled has ended', async () => {
  const own = await startHostApp(azurite.connectionString);
  try {
    const id = await own.begin('race', { ms: 3_600_000 });
    // The short timer has gone off, and the orchestrator has returned.
    await until(async () => (await own.history(id)).turnEnds.length === 2);
    expect(await own.status(id)).toMatchObject({ runtimeStatus: 'Running' });
    await own.host.setClock(3_600_000);
    expect(await own.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'the short one won' });
  } finally {
    await own.stop();
  }
});

test('a cancelled timer holds nothing up', async () => {
  const id = await app.begin('waiter', { ms: 600_000 });
  expect(await app.raise(id, 'go', { v: 1 })).toBe(202);
  expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: { got: { v: 1 } } });
});

test('a timer goes off at its time or after', async () => {
  expect(await outputOf('waiter', { ms: 120 })).toEqual({ got: null, fired: true });
});

test("moving the clock brings a timer's time, and the app sees the same clock", async () => {
  const own = await startHostApp(azurite.connectionString);
  try {
    const id = await own.begin('waiter', { ms: 8 * 24 * 3_600_000 });
    await own.reaches(id, 'Running');
    for (const days of [4, 9]) await own.host.setClock(days * 24 * 3_600_000);
    expect((await own.ended(id)).output).toEqual({ got: null, fired: true });
    const clock = (await (await fetch(`${own.host.url}/api/clock`)).json()) as Record<string, unknown>;
    const aheadMs = Number(clock['now']) - Date.now();
    expect(Math.abs(aheadMs - 9 * 24 * 3_600_000)).toBeLessThan(10_000);
    expect(clock).toMatchObject({ isDate: true, date: expect.stringMatching(/^\d{4}-/) as string });
  } finally {
    await own.stop();
  }
});

test('events are kept until somebody waits for them, also over continueAsNew', async () => {
  const id = await app.begin('counts', { n: 3, events: [] });
  await Promise.all(['a', 'b', 'c'].map((one) => app.raise(id, 'next', one)));
  const { output } = await app.ended(id);
  expect((output as string[]).toSorted()).toEqual(['a', 'b', 'c']);
});

test('continueAsNew keeps the id and begins with an empty history', async () => {
  const id = await app.begin('counts', { n: 2, events: [] });
  const executionId = async () => (await app.history(id)).events[1]?.['OrchestrationInstance'];
  const first = await until(executionId);
  await app.raise(id, 'next', 1);
  await until(async () => {
    const next = await executionId();
    return next && JSON.stringify(next) !== JSON.stringify(first) ? next : undefined;
  });
  await app.raise(id, 'next', 2);
  expect((await app.ended(id)).output).toEqual([1, 2]);
  const { events } = await app.history(id);
  expect(events.filter(({ EventType }) => EventType === 15)).toHaveLength(1);
});

test('retries are used up before the failure is told', async () => {
  const { runtimeStatus, output } = await app.run('exhausted');
  expect(runtimeStatus).toBe('Failed');
  expect(output).toContain("Activity function 'bad' failed:  activity failed: always");
});

test('a finished id can be started anew, a running one not', async () => {
  await app.run('sub', { z: 1 }, 'again');
  expect((await app.run('sub', { z: 2 }, 'again')).output).toMatchObject({ sub: { echo: { z: 2 } } });
  const id = await app.begin('waiter', { ms: 60_000 });
  expect((await app.durable('POST', `orchestrators/waiter/${id}`, {})).status).toBe(409);
  await app.durable('POST', `instances/${id}/terminate?reason=over`);
  expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'over' });
});

test('while an instance is suspended nothing moves it; afterwards it goes on with what came', async () => {
  const id = await app.begin('waiter', { ms: 60_000 });
  await app.reaches(id, 'Running');
  await app.durable('POST', `instances/${id}/suspend?reason=why`);
  await until(async () => (await app.status(id)).runtimeStatus === 'Suspended');
  await app.raise(id, 'go', 'late');
  await app.durable('POST', `instances/${id}/resume?reason=on`);
  expect((await app.ended(id)).output).toEqual({ got: 'late' });
});

test('no more activities run at once than host.json allows', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `at-once-${name}`);
  await app.run('slowly', { names, ms: 60 });
  let most = 0;
  let now = 0;
  for (const note of app.notes().filter((line) => line.startsWith('at-once-'))) {
    now += note.endsWith('began') ? 1 : -1;
    most = Math.max(most, now);
  }
  expect(most).toBe(4);
});

describe('what the real host refuses', () => {
  const failure = async (name: string, input?: unknown) => {
    const { runtimeStatus, output } = await app.run(name, input);
    expect(runtimeStatus).toBe('Failed');
    return String(output);
  };

  test('an orchestrator that yields what is no task', async () => {
    expect(await failure('yieldsNoTask')).toContain('Only Task types can be yielded');
  });

  test('a custom status of more than 16 KB of UTF-16', async () => {
    expect(await failure('longStatus')).toContain('must not exceed 16 KB');
  });

  test('an activity or an orchestrator that does not exist', async () => {
    expect(await failure('calls', { activity: 'nowhere' })).toContain(
      "Orchestrator function 'calls' failed: The function 'nowhere' doesn't exist",
    );
    expect(await failure('nowhere')).toContain('is not an orchestrator function');
  });

  test('a result that is no JSON', async () => {
    expect(await failure('calls', { activity: 'circular' })).toContain('circular structure to JSON');
  });

  test('an input that is no JSON', async () => {
    const answer = await fetch(`${app.host.url}/runtime/webhooks/durabletask/orchestrators/sub`, {
      method: 'POST',
      headers: { 'x-functions-key': app.host.key },
      body: '{',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ Message: 'Invalid JSON content' });
  });

  test('a history that another orchestrator made', async () => {
    const env = { CHANGED: 'later' };
    const own = await startHostApp(azurite.connectionString, { env });
    try {
      const id = await own.begin('changed', { now: 'later-than-now' });
      await until(async () => (await own.history(id)).turnEnds.length === 2);
      await own.host.stop();
      await own.another({ env: { CHANGED: 'later-than-now' } });
      await own.raise(id, 'go', null);
      expect(await own.ended(id)).toMatchObject({
        runtimeStatus: 'Failed',
        output: expect.stringContaining('Non-Deterministic workflow detected') as string,
      });
    } finally {
      await own.stop();
    }
  });

  test('and what this host does not do is named', async () => {
    expect(await failure('callsEntity')).toContain('The local Functions host does not do callEntity');
    expect((await app.durable('GET', 'entities/counter/k')).status).toBe(501);
  });
});
