// Connections that nobody uses stay signed in.
import { failureOf } from '../constant-contact/support/client';
import { ada, DAY, longLived, startConnections, type ConnectionsWorld } from './support/connections-world';

let world: ConnectionsWorld;
const start = async (options?: Parameters<typeof startConnections>[0]) =>
  (world = await startConnections(options));
afterEach(() => world.stop());

const renewals = () =>
  world.emulator.state().requests.log.filter(({ path }) => path.endsWith('/token')).length;

test.each([
  ['rotating', {}],
  ['long-lived', { constantContact: longLived }],
])('an idle connection with %s refresh tokens lives on for years', async (kind, options) => {
  const { connect, keepAlive, time } = await start(options);
  const id = await connect();
  for (let day = 0; day < 3 * 365; day += 1) {
    time.advance(DAY);
    await keepAlive();
  }
  expect(await world.healthOf(id)).toMatchObject({ state: 'Connected', tokens: { kind } });
  await expect(world.constantContact(id).contactLists()).resolves.toEqual([]);
  // The sign-in, one renewal for each 91 days, and the last one as the access token had ended.
  expect(renewals()).toBe(1 + Math.floor((3 * 365) / 91) + 1);
});

test('without it, an idle connection is dead after 180 days', async () => {
  const { connect, time, tokens } = await start();
  const id = await connect();
  time.advance(180 * DAY);
  expect(await failureOf(tokens.accessToken(id))).toMatchObject({ code: 'reconnect-needed' });
});

test('tokens that are younger than 90 days are left alone', async () => {
  const { connect, keepAlive, time } = await start();
  await connect();
  time.advance(89 * DAY);
  await keepAlive();
  expect(renewals()).toBe(1);
});

test('two instances at the same time renew once', async () => {
  const { connect, time, instance } = await start();
  await connect();
  time.advance(90 * DAY + 1_000);
  await Promise.all([instance(), instance(), instance()].map(({ keepAlive }) => keepAlive()));
  expect(renewals()).toBe(2);
});

test('a connection that cannot be renewed keeps no other from being, and is tried again', async () => {
  const { connect, makeConnection, keepAlive, time, emulator, logged } = await start();
  const [one, two] = [await connect('One', 'first'), await connect('Two', 'second')];
  await makeConnection('Never signed in');
  time.advance(91 * DAY);
  emulator.failRequest({ path: '/oauth2/', action: { kind: 'status', status: 503 } });
  await keepAlive();
  expect(logged.events).toContainEqual(expect.objectContaining({ event: 'connection.not-kept-alive' }));
  expect(renewals()).toBe(4);
  await keepAlive();
  expect(renewals()).toBe(5);
  for (const id of [one, two]) expect(await world.healthOf(id)).toMatchObject({ state: 'Connected' });
});

test('one that needs a reconnect, or is being removed, is left alone', async () => {
  const { connect, keepAlive, time, emulator, tokens, exports, removal } = await start();
  const [one, two] = [await connect('One', 'first'), await connect('Two', 'second')];
  exports.running = 1;
  await removal.remove(two, ada);
  emulator.revokeTokens('all');
  time.advance(DAY);
  await failureOf(tokens.accessToken(one));
  const before = renewals();
  time.advance(91 * DAY);
  await keepAlive();
  expect(renewals()).toBe(before);
});
