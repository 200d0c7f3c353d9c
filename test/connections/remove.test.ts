// Removing a connection: in steps that can be repeated, against the emulator over HTTP.
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { failureOf } from '../constant-contact/support/client';
import {
  ada,
  bob,
  DAY,
  longLived,
  startConnections,
  type ConnectionsWorld,
} from './support/connections-world';

let world: ConnectionsWorld;
const start = async (options?: Parameters<typeof startConnections>[0]) =>
  (world = await startConnections(options));
afterEach(() => world.stop());

const removed = { kind: 'removed', revokeByHand: null };

/** Whether the refresh token still brings anything. */
async function refreshes(refreshToken: string | undefined): Promise<boolean> {
  const { clientId, clientSecret, tokenUrl } = world.emulator;
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken ?? '' }),
  });
  return answer.ok;
}

test('its refresh token is used up, its tokens are deleted, its name and its account are free', async () => {
  const { connect, removal, secrets, connections } = await start();
  const id = await connect('News');
  const { refreshToken } = world.stored(id)!;
  await expect(removal.remove(id, ada)).resolves.toEqual(removed);
  expect(secrets.stored.has(tokenSecretName(id))).toBe(false);
  // The new refresh token was thrown away: no copy of it was stored.
  expect(secrets.history.filter((value) => value.includes('refreshToken'))).toHaveLength(1);
  expect(await refreshes(refreshToken)).toBe(false);
  await expect(connections.get(id)).resolves.toBeUndefined();
  await expect(Array.fromAsync(connections.list())).resolves.toEqual([]);
  await expect(connect('NEWS')).resolves.not.toBe(id);
});

test('a connection that was never signed in is removed as well', async () => {
  const { makeConnection, removal, emulator } = await start();
  await expect(removal.remove(await makeConnection(), ada)).resolves.toEqual(removed);
  expect(emulator.state().requests.log).toEqual([]);
});

test('exports that use it are told, and nothing is done, unless they are to be detached or removed', async () => {
  const { connect, removal, exports } = await start();
  const [one, two] = [await connect('One', 'first'), await connect('Two', 'second')];
  exports.using.set('spring', 'Spring').set('autumn', 'Autumn');
  await expect(removal.remove(one, ada)).resolves.toEqual({
    kind: 'in-use',
    exports: [
      { id: 'spring', name: 'Spring' },
      { id: 'autumn', name: 'Autumn' },
    ],
  });
  expect(await world.connections.get(one)).toMatchObject({ removing: null });
  expect(exports.done).toEqual([]);
  await expect(removal.remove(one, ada, { exports: 'detach' })).resolves.toEqual(removed);
  expect(exports.done).toEqual([`cancel runs of ${one}`, 'detach spring', 'detach autumn']);
  exports.using.set('summer', 'Summer');
  await expect(removal.remove(two, ada, { exports: 'remove' })).resolves.toEqual(removed);
  expect(exports.done).toContain('remove summer');
});

test('a version that is no longer there is not removed, and neither is what is not there', async () => {
  const { connect, removal, connections } = await start();
  const id = await connect();
  const { etag } = (await connections.read(id))!;
  await connections.change(id, undefined, (before) => ({ ...before, name: 'Changed' }));
  expect(await failureOf(removal.remove(id, ada, { etag }))).toMatchObject({ code: 'connection-changed' });
  for (const absent of ['absent', '../..', '😀', 'x'.repeat(1_000)])
    expect(await failureOf(removal.remove(absent, ada))).toMatchObject({ code: 'connection-missing' });
  const now = (await connections.read(id))!;
  await expect(removal.remove(id, ada, { etag: now.etag })).resolves.toEqual(removed);
  expect(await failureOf(removal.remove(id, ada))).toMatchObject({ code: 'connection-missing' });
});

test('it waits for runs to stop; meanwhile nothing can be done with it, and the timer goes on', async () => {
  const { connect, removal, exports, signIn, manage } = await start();
  const id = await connect();
  exports.running = 2;
  await expect(removal.remove(id, ada)).resolves.toEqual({ kind: 'removing', waitingFor: 'runs' });
  expect(world.stored(id)).not.toBeNull();
  expect(await failureOf(signIn.start(id, ada))).toMatchObject({ code: 'connection-being-removed' });
  expect(await failureOf(manage.change(id, undefined, { name: 'x' }, ada))).toMatchObject({
    code: 'connection-being-removed',
  });
  // Somebody else who asks finds what was begun.
  await expect(removal.remove(id, bob)).resolves.toEqual({ kind: 'removing', waitingFor: 'runs' });
  await expect(removal.finishRemovals()).resolves.toEqual([]);
  exports.running = 0;
  const [finished] = await removal.finishRemovals();
  expect(finished).toMatchObject({ connection: { id, removing: { by: ada } }, revokeByHand: null });
  expect(world.stored(id)).toBeNull();
  await expect(removal.finishRemovals()).resolves.toEqual([]);
});

test('an export that came to use it after the removal began is detached', async () => {
  const { connect, removal, exports } = await start();
  const id = await connect();
  exports.running = 1;
  await removal.remove(id, ada);
  exports.using.set('late', 'Late');
  exports.running = 0;
  await removal.finishRemovals();
  expect(exports.done).toContain('detach late');
  expect(world.stored(id)).toBeNull();
});

test('it waits for Constant Contact, and after an hour goes on without it, and says what is left to do', async () => {
  const { connect, removal, emulator, time } = await start();
  const id = await connect();
  const { refreshToken } = world.stored(id)!;
  emulator.failRequest({ path: '/oauth2/', times: 100, action: { kind: 'status', status: 503 } });
  const waiting = { kind: 'removing', waitingFor: 'constant-contact' };
  await expect(removal.remove(id, ada)).resolves.toEqual(waiting);
  await expect(removal.remove(id, ada)).resolves.toEqual(waiting);
  time.advance(3_600_000);
  await expect(removal.remove(id, ada)).resolves.toEqual({
    kind: 'removed',
    revokeByHand: expect.stringContaining('developer portal') as string,
  });
  expect(world.stored(id)).toBeNull();
  emulator.clearFaults();
  expect(await refreshes(refreshToken)).toBe(true);
});

test('runs that never stop do not keep it for ever', async () => {
  const { connect, removal, exports, time } = await start();
  const id = await connect();
  exports.running = 1;
  await removal.remove(id, ada);
  time.advance(3_600_000);
  await expect(removal.remove(id, ada)).resolves.toEqual(removed);
});

test.each([
  ['known', 1],
  ['not known yet', 0],
])(
  'for long-lived tokens, whose kind is %s, the answer says where to revoke them by hand',
  async (_, renewals) => {
    const { connect, removal, tokens, time } = await start({ constantContact: longLived });
    const id = await connect();
    const { refreshToken } = world.stored(id)!;
    for (let renewal = 0; renewal < renewals; renewal += 1) {
      time.advance(DAY);
      await tokens.accessToken(id);
    }
    await expect(removal.remove(id, ada)).resolves.toEqual({
      kind: 'removed',
      revokeByHand: expect.stringContaining('long-lived') as string,
    });
    expect(world.stored(id)).toBeNull();
    expect(await refreshes(refreshToken)).toBe(true);
  },
);

test('tokens that Constant Contact takes no longer are deleted all the same', async () => {
  const { connect, removal, emulator } = await start();
  const id = await connect();
  emulator.revokeTokens('all');
  await expect(removal.remove(id, ada)).resolves.toEqual(removed);
  expect(world.stored(id)).toBeNull();
});

test('two who remove it at the same time remove it once, whichever of them hears so', async () => {
  const { connect, instance } = await start();
  const id = await connect();
  const outcomes = await Promise.all([instance(), instance()].map(({ removal }) => removal.remove(id, ada)));
  // Here a wait takes no time, so one of them may have had enough of waiting for the other.
  const waiting = { kind: 'removing', waitingFor: 'constant-contact' };
  for (const outcome of outcomes) expect([removed, waiting]).toContainEqual(outcome);
  expect(outcomes).toContainEqual(removed);
  expect(world.stored(id)).toBeNull();
  await expect(world.connections.get(id)).resolves.toBeUndefined();
});

test('wherever it is cut off, the next call or the timer finishes it', async () => {
  const { connect, removal, secrets, exports, connections } = await start();
  let cuts = 0;
  for (let step = 1; ; step += 1) {
    const id = await connect(`Connection ${step}`, `account${step}`);
    exports.using.set(`export${step}`, 'Export');
    let left = step;
    const cut = (): void => {
      left -= 1;
      if (left === 0) throw new Error('cut off');
    };
    const { detach, cancelRuns } = exports;
    Object.assign(exports, {
      detach: (each: string) => (cut(), detach(each, ada, 'main')),
      cancelRuns: (each: string) => (cut(), cancelRuns(each)),
    });
    secrets.before = (access) => {
      if (access === 'remove') cut();
    };
    const first = await removal.remove(id, ada, { exports: 'detach' }).catch((error: unknown) => error);
    Object.assign(exports, { detach, cancelRuns });
    secrets.before = () => undefined;
    const whole = JSON.stringify(first) === JSON.stringify(removed);
    if (!whole) cuts += 1;
    await (step % 2 ? removal.finishRemovals() : removal.remove(id, ada).catch(() => undefined));
    await expect(connections.get(id)).resolves.toBeUndefined();
    expect(world.stored(id)).toBeNull();
    expect(exports.using.size).toBe(0);
    if (whole) break;
  }
  expect(cuts).toBe(3);
});
