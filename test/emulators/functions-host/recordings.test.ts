// The local Functions host says and sends what was recorded from the real one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAzurite, type Azurite } from '../../support/azurite';
import { startHostApp, type HostApp, type Status } from '../../support/host-app';
import { until } from '../../support/until';
import { projectRoot } from '../../support/project-root';
import { EventType, payloadOfTurn, type HistoryEvent } from './durable/history';

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(join(projectRoot(), 'test/fixtures/host-recordings', name), 'utf8'));

interface Payload {
  readonly history: readonly HistoryEvent[];
  readonly [property: string]: unknown;
}
const turns = recorded('turns.json') as Record<
  'first' | 'afterRetries' | 'afterFailure' | 'uncaught' | 'subOrchestration',
  { payload: Payload; answer?: unknown }
>;

let azurite: Azurite;
let app: HostApp;
let fan: Promise<Status> | undefined;
/** It takes some seconds, and several tests look at it. */
const runFan = () => (fan ??= app.run('fan', { a: 1 }, 'fan1'));
beforeAll(async () => {
  azurite = await startAzurite();
  app = await startHostApp(azurite.connectionString);
});
afterAll(async () => {
  await app.stop();
  await azurite.stop();
});

/** The properties, and the values of those that do not differ from run to run. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? null : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, shapeOf(one)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};

const varying = ['Timestamp', 'FireAt', 'OrchestrationInstance', 'ParentInstance', 'InstanceId', 'Details'];
const comparable = (event: HistoryEvent) => ({
  ...event,
  ...Object.fromEntries(varying.filter((key) => key in event).map((key) => [key, shapeOf(event[key])])),
});
const comparablePayload = ({ history, ...rest }: Payload) => ({ ...rest, history: history.map(comparable) });

/** The payloads that an orchestration got, turn by turn. */
const payloadsOf = (name: string, instanceId: string) =>
  app
    .seen(name)
    .map(({ inputs }) => inputs[0] as unknown as Payload)
    .filter((payload) => payload['instanceId'] === instanceId);

describe('the trigger of an orchestration', () => {
  test('has at the first turn what the real one has', async () => {
    await runFan();
    const first = payloadsOf('fan', 'fan1')[0]!;
    expect(comparablePayload(first)).toEqual(comparablePayload(turns.first.payload));
  });

  test('tells of retries, timers and sub-orchestrations by the same events, numbered alike', async () => {
    await runFan();
    const last = payloadsOf('fan', 'fan1').at(-1)!;
    // What arrives together differs from run to run: what is scheduled, with its numbers, and what ends does not.
    const told = ({ history }: Payload) => {
      const lasting = history.filter(
        ({ EventType: type }) =>
          type !== EventType.OrchestratorStarted && type !== EventType.OrchestratorCompleted,
      );
      const key = (event: HistoryEvent) => [
        event.EventId,
        event['TaskScheduledId'] ?? event['TimerId'] ?? -1,
      ];
      // The last event is the news of the turn.
      return [...lasting]
        .sort((a, b) => Number(key(a)[0]) - Number(key(b)[0]) || Number(key(a)[1]) - Number(key(b)[1]))
        .map((event) => ({ ...comparable(event), IsPlayed: undefined, Input: undefined, Reason: undefined }));
    };
    expect(told(last)).toEqual(told(turns.afterRetries.payload));
    expect({ ...last, history: [] }).toEqual({ ...turns.afterRetries.payload, history: [] });
    const reasons = ({ history }: Payload) => history.flatMap(({ Reason }) => (Reason ? [Reason] : []));
    expect(reasons(last)).toEqual(reasons(turns.afterRetries.payload));
  });

  test('marks what earlier turns have played, and nothing else', async () => {
    const { instanceId } = await app.run('uncaught', { ms: 3000 });
    const payload = payloadsOf('uncaught', instanceId).at(-1)!;
    const recordedTurn = turns.uncaught.payload.history;
    // The recording is one turn later: there the last result is played as well.
    const marks = (history: readonly HistoryEvent[]) =>
      history.map(({ EventType: type, EventId, IsPlayed }) => [type, EventId, IsPlayed]);
    expect(marks(payload.history).slice(0, -1)).toEqual(marks(recordedTurn).slice(0, -1));
    expect(marks(payload.history).at(-1)).toEqual([EventType.TaskCompleted, -1, false]);
    expect(payload.history.map((event) => Object.keys(event).sort())).toEqual(
      recordedTurn.map((event) => Object.keys(event).sort()),
    );
  });

  test('wraps the failure of an activity as .NET does', async () => {
    const { instanceId, output } = await app.run('failact', { ms: 3000 }, 'failact-1');
    const payload = payloadsOf('failact', instanceId).at(-1)!;
    expect(comparablePayload(payload)).toEqual(comparablePayload(turns.afterFailure.payload));
    const failure = ({ history }: Payload) => history.find((one) => one.EventType === EventType.TaskFailed)!;
    const details = (one: Payload) => JSON.parse(String(failure(one)['Details'])) as Record<string, unknown>;
    expect(shapeOf(details(payload))).toEqual(shapeOf(details(turns.afterFailure.payload)));
    expect(details(payload)['Message']).toEqual(details(turns.afterFailure.payload)['Message']);
    // The library makes one text of both; what the error was apart from its message is gone.
    expect(output).toEqual({
      name: 'Error',
      message: `${String(failure(payload)['Reason'])} \n ${String(failure(payload)['Details'])}`,
      code: null,
    });
    expect((output as { message: string }).message.length).toBeGreaterThan(3000);
  });

  test('names the parent of a sub-orchestration, whose id is the execution id and the number of the call', async () => {
    await runFan();
    const payload = app
      .seen('sub')
      .map(({ inputs }) => inputs[0] as unknown as Payload)
      .find(({ parentInstanceId }) => parentInstanceId === 'fan1')!;
    const expected = turns.subOrchestration.payload;
    expect(shapeOf(payload)).toEqual(shapeOf(expected));
    expect(payload['parentInstanceId']).toBe('fan1');
    expect(payload['input']).toEqual(expected['input']);
    const started = payload.history[1] as unknown as {
      ParentInstance: { OrchestrationInstance: { ExecutionId: string }; TaskScheduleId: number };
    };
    const { OrchestrationInstance, TaskScheduleId } = started.ParentInstance;
    expect(payload['instanceId']).toBe(`${OrchestrationInstance.ExecutionId}:${TaskScheduleId}`);
    expect(TaskScheduleId).toBe(10);
  });

  test('is what the history tells of each turn', async () => {
    const { instanceId } = await app.run('sequence', { n: 3 });
    const dump = await app.history(instanceId);
    expect(dump.turnEnds).toHaveLength(4);
    expect(dump.turnEnds.map((_end, turn) => payloadOfTurn(dump, turn))).toEqual(
      payloadsOf('sequence', instanceId),
    );
  });
});

test('an activity gets its input and metadata as recorded', async () => {
  await runFan();
  const { metadataKeys } = recorded('activity.json') as { metadataKeys: string[] };
  const { inputs, triggerMetadata } = app.seen('work').find(({ inputs: [input] }) => input?.['i'] === 3)!;
  expect(inputs).toEqual([{ i: 3, failUntil: 0, inst: expect.any(String) as string }]);
  const keys = Object.keys(triggerMetadata!).map((key) =>
    key.startsWith('activityTrigger') ? '<binding>' : key,
  );
  expect(keys.sort()).toEqual(metadataKeys);
});

test('a timer function gets what the real one gets, its first letters lowered by the library', async () => {
  await app.host.fireTimer('tick');
  const [{ inputs }] = await until(() => {
    const seen = app.seen('tick');
    return seen.length > 0 ? (seen as [(typeof seen)[0]]) : undefined;
  });
  const { Schedule, ScheduleStatus, IsPastDue } = (
    recorded('timer.json') as { $parsed: Record<string, Record<string, unknown>> }
  ).$parsed;
  expect(inputs).toEqual([
    {
      schedule: { adjustForDST: Schedule!['AdjustForDST'] },
      scheduleStatus: ScheduleStatus,
      isPastDue: IsPastDue,
    },
  ]);
});

test('the Durable client is told the same addresses', async () => {
  await app.run('sub', { z: 1 });
  const binding = app.seen('start').at(-1)!.extra[0]!;
  const text = JSON.stringify(binding)
    .replaceAll(app.host.url, '<public>')
    .replaceAll(new URL(String(binding['rpcBaseUrl'])).origin, '<rpc>')
    .replaceAll(app.host.key, '<key>')
    .replaceAll(app.hub, '<hub>');
  expect(JSON.parse(text)).toEqual(recorded('client-binding.json'));
});

interface Call {
  readonly method: string;
  readonly path: string;
  readonly json: boolean;
  readonly body?: string;
  readonly answer: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body?: Record<string, unknown> | unknown[];
  };
}

test("Durable's HTTP API answers call by call as recorded", async () => {
  const own = await startHostApp(azurite.connectionString);
  try {
    await own.run('sub', undefined, 'seed');
    const rpc = String(own.seen('start')[0]!.extra[0]!['rpcBaseUrl']);
    await own.durable('DELETE', 'instances/seed');
    // The answers to a start lead to where they can be followed: the real host names its inner port there.
    const normal = (text: string) =>
      text
        .replaceAll(own.host.url, '<rpc>')
        .replaceAll(new URL(rpc).origin, '<rpc>')
        .replaceAll(own.host.key, '<key>')
        .replaceAll(own.hub, '<hub>')
        .replaceAll(/[0-9a-f]{32}/g, '<id>');
    const send = async ({ method, path, json, body }: Call) => {
      const answer = await fetch(rpc + path, {
        method,
        ...(json ? { headers: { 'content-type': 'application/json' } } : {}),
        ...(body === undefined ? {} : { body }),
      });
      const text = normal(await answer.text());
      return { answer, body: text === '' ? undefined : (JSON.parse(text) as Status | Status[]) };
    };
    for (const call of recorded('http-transcript.json') as Call[]) {
      const expected = call.answer;
      const what = `${call.method} ${call.path}`;
      const status = (expected.body as unknown as Status | undefined)?.runtimeStatus;
      // What runs is given the time that the recording took.
      const { answer, body } = await until(async () => {
        const got = await send(call);
        return status === undefined || (got.body as Status).runtimeStatus === status ? got : undefined;
      });
      expect([what, answer.status]).toEqual([what, expected.status]);
      for (const [name, value] of Object.entries(expected.headers)) {
        const got = normal(answer.headers.get(name) ?? '(none)');
        if (name !== 'x-ms-continuation-token')
          expect([what, got]).toEqual([what, value.replace(/[0-9a-f]{32}/, '<id>')]);
      }
      expect([what, shapeOf(comparableBody(body))]).toEqual([what, shapeOf(comparableBody(expected.body))]);
      if (status !== undefined) {
        const { output, input, customStatus, name } = expected.body as unknown as Status;
        expect(body).toMatchObject({ output, input, customStatus, name, runtimeStatus: status });
      }
    }
  } finally {
    await own.stop();
  }
});

/** Of a list, the first: how many there are depends on what ran before. Words of .NET are .NET's. */
const comparableBody = (body: unknown): unknown => {
  if (!Array.isArray(body)) return body;
  const first = body[0] as Status | undefined;
  return first && Object.keys(first).sort();
};
