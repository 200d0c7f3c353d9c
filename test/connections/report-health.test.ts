// What operators are told of connections: figures, once an hour, whatever becomes of a single one.
import type { Connection } from '../../shared/connections/connection';
import type { ConnectionHealth } from '../../shared/connections/health';
import { makeReportHealth } from '../../shared/connections/report-health';
import { makeLog } from '../../shared/platform/log';

const start = Date.parse('2026-03-02T09:00:00Z');
const day = 86_400;

const connected = {
  state: 'Connected',
  reason: null,
  tokens: { ageSeconds: 20 * day, endsAt: new Date(start + 160 * day * 1000).toISOString() },
} as ConnectionHealth;

function reporting(healths: Readonly<Record<string, ConnectionHealth | Error>>) {
  const time = { now: start };
  const logged: unknown[] = [];
  const report = makeReportHealth({
    connections: {
      async *list() {
        yield* await Promise.resolve(Object.keys(healths).map((id) => ({ id }) as Connection));
      },
    },
    health: {
      of({ id }) {
        const health = healths[id]!;
        return health instanceof Error ? Promise.reject(health) : Promise.resolve(health);
      },
    },
    clock: { now: () => time.now, sleep: () => Promise.resolve() },
    log: makeLog((level, line) => void logged.push({ level, ...(JSON.parse(line) as object) })),
  });
  return { report, logged, time };
}

test('age and end of a sign-in are told in seconds, with the state of the connection', async () => {
  const { report, logged } = reporting({ one: connected });
  await report();
  expect(logged).toEqual([
    {
      level: 'info',
      event: 'connection.checked',
      connection: 'one',
      outcome: 'Connected',
      tokenAgeSeconds: 20 * day,
      tokenLeftSeconds: 160 * day,
    },
  ]);
});

test('a connection without a sign-in has no figures, and one that broke has its reason', async () => {
  const { report, logged } = reporting({
    one: { ...connected, state: 'Sign-in needed', tokens: null },
    two: { ...connected, state: 'Reconnect needed', reason: 'refresh-token-refused', tokens: null },
  });
  await report();
  expect(logged).toEqual([
    { level: 'info', event: 'connection.checked', connection: 'one', outcome: 'Sign-in needed' },
    {
      level: 'info',
      event: 'connection.checked',
      connection: 'two',
      outcome: 'Reconnect needed',
      reason: 'refresh-token-refused',
    },
  ]);
});

test('one that cannot be looked at keeps no other from being told of', async () => {
  const { report, logged } = reporting({ one: new Error('somebody@example.com'), two: connected });
  await report();
  expect(logged).toMatchObject([
    { level: 'warn', event: 'connection.not-checked', connection: 'one', code: 'Error' },
    { event: 'connection.checked', connection: 'two' },
  ]);
  expect(JSON.stringify(logged)).not.toContain('somebody');
});

test('the timer may come every minute: it is told once an hour', async () => {
  const { report, logged, time } = reporting({ one: connected });
  for (let minute = 0; minute <= 120; minute += 1) {
    time.now = start + minute * 60_000;
    await report();
  }
  expect(logged).toHaveLength(3);
});
