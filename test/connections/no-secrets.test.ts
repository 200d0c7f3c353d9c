// Codes, states, tokens and the client secret are in Key Vault and on the way to Constant Contact, and nowhere else: not in tables, blobs,
// logs or errors, whatever happens. Storage is Azurite, vault and Constant Contact are the emulators, over HTTP.
import { inspect } from 'node:util';
import { ContainerClient } from '@azure/storage-blob';
import { makeLease } from '../../shared/platform/lease';
import { startAzurite, type Azurite } from '../support/azurite';
import { makeOwnTable } from '../support/azurite-clients';
import { everythingIn, wordsIn } from '../support/search-storage';
import { ada, bob, DAY, startConnections, type ConnectionsWorld } from './support/connections-world';

let azurite: Azurite;
let world: ConnectionsWorld;
const secret = new Set<string>();
const told: unknown[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  const { table } = await makeOwnTable(azurite);
  const lease = makeLease(new ContainerClient(azurite.connectionString, 'leases'));
  await lease.prepare();
  world = await startConnections({ table, lease });
}, 60_000);
afterAll(async () => {
  await world.stop();
  await azurite.stop();
});

/** Keeps what an attempt came to. */
async function attempt(work: Promise<unknown>): Promise<void> {
  told.push(await work.catch((error: unknown) => error));
}

/** Every way on which something secret travels, well or badly. */
async function everyFlow() {
  const {
    makeConnection,
    comeBack: browse,
    signIn,
    tokens,
    removal,
    emulator,
    time,
    constantContact,
    secrets,
  } = world;
  const comeBack = async (...given: Parameters<typeof browse>) => {
    const back = await browse(...given);
    for (const word of [back.state, back.code]) if (word !== undefined) secret.add(word);
    return back;
  };
  const remember = () => {
    for (const value of secrets.history) {
      const parsed = value.startsWith('{') ? (JSON.parse(value) as Record<string, string>) : { value };
      for (const word of [parsed.accessToken, parsed.refreshToken, parsed.value]) if (word) secret.add(word);
    }
  };
  const id = await makeConnection();
  const back = await comeBack(id);
  await attempt(signIn.finish(back, bob));
  await attempt(signIn.finish(back, ada));
  await attempt(signIn.finish(back, ada));
  await attempt(signIn.finish({ ...(await comeBack(id)), code: 'an-invented-code' }, ada));
  await attempt(signIn.finish(await comeBack(id, { deny: 'true' }), ada));
  await attempt(signIn.finish(await comeBack(id, { account: 'another' }), ada));
  await attempt(signIn.finish(await comeBack(id, { scope: 'contact_data' }), ada));
  emulator.failRequest({ path: '/oauth2/default/v1/token', action: { kind: 'not-json' } });
  await attempt(signIn.finish(await comeBack(id), ada));
  secrets.before = (access) => {
    if (access === 'set') throw new Error('the vault is away');
  };
  await attempt(signIn.finish(await comeBack(id), ada));
  secrets.before = () => undefined;
  await attempt(signIn.finish(await comeBack(id), ada));
  await attempt(constantContact(id).contactLists());
  time.advance(DAY);
  await attempt(tokens.accessToken(id).then(() => 'renewed'));
  emulator.revokeTokens('all');
  await attempt(constantContact(id).contactLists());
  time.advance(DAY);
  await attempt(tokens.accessToken(id).then(() => 'renewed'));
  secrets.stored.set('client-secret', 'a-client-secret-that-is-refused');
  secret.add('a-client-secret-that-is-refused');
  await attempt(signIn.finish(await comeBack(id), ada));
  secrets.stored.set('client-secret', emulator.clientSecret);
  await attempt(signIn.finish(await comeBack(id), ada));
  remember();
  told.push(await world.healthOf(id));
  await attempt(removal.remove(id, ada));
}

async function found(): Promise<string[]> {
  const words = [...secret];
  const places: string[] = [];
  for await (const { where, content } of everythingIn(azurite.connectionString, []))
    if (wordsIn(content, words).length > 0) places.push(where);
  if (wordsIn(Buffer.from(world.logged.text()), words).length > 0) places.push('log');
  // As a careless handler would print them, with all causes.
  const printed = told.map(
    (each) => `${inspect(each, { depth: 20, showHidden: true })}${JSON.stringify(each)}`,
  );
  if (wordsIn(Buffer.from(printed.join('\n')), words).length > 0) places.push('errors and answers');
  return places;
}

test('nothing secret is found in storage, logs, answers and errors; what is planted there is', async () => {
  await everyFlow();
  expect(secret.size).toBeGreaterThan(20);
  expect(told.filter((each) => each instanceof Error).length).toBeGreaterThan(8);
  await expect(found()).resolves.toEqual([]);

  const [planted = ''] = [...secret].slice(-1);
  const client = new ContainerClient(azurite.connectionString, 'leases');
  await client
    .getBlockBlobClient('planted')
    .upload(Buffer.from(planted).toString('base64'), Math.ceil(planted.length / 3) * 4);
  world.logged.log.info('planted', { word: encodeURIComponent(planted) });
  told.push(new Error('failed', { cause: new Error(planted) }));
  await expect(found()).resolves.toEqual(['blob leases/planted', 'log', 'errors and answers']);
}, 60_000);
