// How a connection is doing: from what calls and renewals left on record, without a call.
import * as fc from 'fast-check';
import { healthOf, connectionHealthSchema, type ConnectionState } from '../../shared/connections/health';
import { makeConnectionStore } from '../../shared/connections/connection-store';
import {
  makeConnectionObserver,
  makeHealthFactsStore,
  noFacts,
  type HealthFacts,
} from '../../shared/connections/health-facts';
import { failureOf, NOON } from '../constant-contact/support/client';
import { makeJumpingClock } from '../constant-contact/support/clocks';
import { makeRecordingLog } from '../constant-contact/support/recording-log';
import { aConnection } from '../runs/support/fixtures';
import { makeMemoryTable } from '../support/memory-tables';
import { ada, DAY, startConnections } from './support/connections-world';

const at = (moment: number) => new Date(moment).toISOString();
const connection = aConnection({ account: { id: 'a07e', organization: 'Contoso' } });
const signedIn: HealthFacts = { ...noFacts, tokensObtainedAt: at(NOON - DAY), accessTokenEndsAt: at(NOON) };
const reconnect = { since: at(NOON), reason: 'refresh-token-refused' };

test.each<[ConnectionState, Partial<typeof connection>, Partial<HealthFacts>]>([
  ['Consent needed', { consent: null }, {}],
  ['Consent needed', { consent: null }, { ...signedIn, reconnect }],
  ['Sign-in needed', {}, {}],
  ['Sign-in needed', {}, { unreachableSince: at(NOON) }],
  ['Connected', {}, signedIn],
  ['Connected', { consent: { ...connection.consent!, version: 'an older one' } }, signedIn],
  ['Unreachable', {}, { ...signedIn, unreachableSince: at(NOON) }],
  ['Reconnect needed', {}, { ...signedIn, reconnect }],
  ['Reconnect needed', {}, { ...signedIn, reconnect, unreachableSince: at(NOON) }],
  ['Reconnect needed', {}, { ...signedIn, tokensObtainedAt: at(NOON - 180 * DAY) }],
])('%s: %j, %j', (state, change, facts) => {
  expect(healthOf({ ...connection, ...change }, { ...noFacts, ...facts }, 10_000, NOON).state).toBe(state);
});

test('it says how old the tokens are, when they end, and how many calls are left', () => {
  expect(
    healthOf(connection, { ...signedIn, refreshTokens: 'rotating', lastSuccessAt: at(NOON) }, 7, NOON),
  ).toEqual({
    state: 'Connected',
    reason: null,
    consent: 'accepted',
    organization: 'Contoso',
    tokens: {
      kind: 'rotating',
      obtainedAt: at(NOON - DAY),
      ageSeconds: 86_400,
      endsAt: at(NOON + 179 * DAY),
      accessTokenEndsAt: at(NOON),
    },
    lastSuccessAt: at(NOON),
    unreachableSince: null,
    requestsLeftToday: 7,
  });
});

test('whatever is on record, the answer is of its shape, and only a needed reconnect has a reason', () => {
  const moment = fc.option(fc.integer({ min: NOON - 400 * DAY, max: NOON + DAY }).map(at));
  const facts: fc.Arbitrary<HealthFacts> = fc.record({
    refreshTokens: fc.constantFrom('rotating', 'long-lived', null),
    tokensObtainedAt: moment,
    accessTokenEndsAt: moment,
    lastSuccessAt: moment,
    unreachableSince: moment,
    reconnect: fc.option(fc.constant(reconnect)),
  });
  fc.assert(
    fc.property(facts, fc.boolean(), fc.nat(), (known, agreed, left) => {
      const health = healthOf(
        { ...connection, consent: agreed ? connection.consent : null },
        known,
        left,
        NOON,
      );
      expect(connectionHealthSchema.parse(health)).toEqual(health);
      expect(health.reason !== null).toBe(health.state === 'Reconnect needed');
    }),
  );
});

async function observe(before: (operation: string) => void = () => undefined) {
  const time = makeJumpingClock(NOON);
  const writes = { count: 0 };
  const table = makeMemoryTable({
    before(operation) {
      if (operation === 'change') writes.count += 1;
      before(operation);
    },
  });
  await makeConnectionStore(table).create(connection);
  writes.count = 0;
  const facts = makeHealthFactsStore(table);
  const logged = makeRecordingLog();
  const observer = () => makeConnectionObserver({ facts, clock: time.clock, log: logged.log });
  return { time, writes, facts, logged, observer };
}

test('a success is written once a minute, however many there are', async () => {
  const { time, writes, facts, observer } = await observe();
  const { called } = observer();
  for (let call = 0; call < 50; call += 1) await called('main', 'succeeded');
  expect(writes.count).toBe(1);
  time.advance(60_000);
  await called('main', 'succeeded');
  expect(writes.count).toBe(2);
  await expect(facts.get('main')).resolves.toMatchObject({ lastSuccessAt: at(NOON + 60_000) });
});

test('what changes is written at once: away, and back', async () => {
  const { time, facts, observer } = await observe();
  const { called } = observer();
  await called('main', 'succeeded');
  time.advance(1_000);
  await called('main', 'unreachable');
  time.advance(1_000);
  await called('main', 'unreachable');
  await expect(facts.get('main')).resolves.toMatchObject({ unreachableSince: at(NOON + 1_000) });
  await called('main', 'succeeded');
  await expect(facts.get('main')).resolves.toMatchObject({
    unreachableSince: null,
    lastSuccessAt: at(NOON + 2_000),
  });
});

test('a call takes back what a call has shown, and never what a renewal has', async () => {
  const { time, facts, observer } = await observe();
  const { called, reconnectNeeded, renewed } = observer();
  await called('main', 'refused');
  await expect(facts.get('main')).resolves.toMatchObject({ reconnect: { reason: 'access-token-refused' } });
  await called('main', 'succeeded');
  await expect(facts.get('main')).resolves.toMatchObject({ reconnect: null });
  await reconnectNeeded('main', 'refresh-token-refused');
  time.advance(60_000);
  await called('main', 'succeeded');
  await expect(facts.get('main')).resolves.toMatchObject({ reconnect: { reason: 'refresh-token-refused' } });
  await renewed('main', { refreshTokens: undefined, accessTokenEndsAt: at(NOON + DAY) });
  await expect(facts.get('main')).resolves.toMatchObject({
    reconnect: null,
    tokensObtainedAt: at(NOON + 60_000),
  });
});

test('facts of two instances at the same time are all kept', async () => {
  const { facts, observer } = await observe();
  const [one, two] = [observer(), observer()];
  await Promise.all([
    one.called('main', 'succeeded'),
    two.renewed('main', { refreshTokens: 'rotating', accessTokenEndsAt: at(NOON) }),
    two.reconnectNeeded('main', 'x'),
  ]);
  await expect(facts.get('main')).resolves.toMatchObject({
    refreshTokens: 'rotating',
    lastSuccessAt: at(NOON),
  });
});

test('a fact that cannot be written is told in the log, and fails nothing', async () => {
  const table = { away: false };
  const { logged, observer } = await observe(() => {
    if (table.away) throw new Error('the table is away');
  });
  table.away = true;
  await observer().called('main', 'succeeded');
  expect(logged.events).toContainEqual(expect.objectContaining({ event: 'connection.health-not-recorded' }));
});

test('calls, renewals and faults show in the health, and a look costs no call', async () => {
  const world = await startConnections();
  try {
    const { connect, healthOf: look, emulator, time, constantContact, connections } = world;
    const id = await connect();
    const { etag } = (await connections.read(id))!;
    await constantContact(id).contactLists();
    expect(await look(id)).toMatchObject({
      state: 'Connected',
      lastSuccessAt: expect.stringMatching(/^2026-04-28T12:0/) as string,
      requestsLeftToday: 9_997,
    });
    emulator.failRequest({ path: '/v3/', times: 5, action: { kind: 'status', status: 503 } });
    expect(await failureOf(constantContact(id).contactLists())).toMatchObject({
      code: 'service-unavailable',
    });
    expect(await look(id)).toMatchObject({ state: 'Unreachable' });
    emulator.clearFaults();
    time.advance(DAY);
    await constantContact(id).contactLists();
    expect(await look(id)).toMatchObject({
      state: 'Connected',
      tokens: { kind: 'rotating', ageSeconds: expect.any(Number) as number },
    });
    emulator.revokeTokens('all');
    expect(await failureOf(constantContact(id).contactLists())).toMatchObject({ code: 'reconnect-needed' });
    const calls = emulator.state().requests.log.length;
    expect(await look(id)).toMatchObject({ state: 'Reconnect needed', reason: 'refresh-token-refused' });
    expect(emulator.state().requests.log).toHaveLength(calls);
    // All of that moved nobody's version of the configuration.
    await expect(connections.read(id)).resolves.toMatchObject({ etag });
    await expect(connections.get(id)).resolves.toMatchObject({ exportUser: { signedInBy: ada } });
  } finally {
    await world.stop();
  }
});

test('a token endpoint that is away makes the connection unreachable, not disconnected', async () => {
  const world = await startConnections();
  try {
    const id = await world.connect();
    world.time.advance(DAY);
    world.emulator.failRequest({ path: '/oauth2/', times: 3, action: { kind: 'status', status: 500 } });
    await failureOf(world.tokens.accessToken(id));
    expect(await world.healthOf(id)).toMatchObject({ state: 'Unreachable' });
  } finally {
    await world.stop();
  }
});
