// The emulator's data outlives it when it has a folder, however it ended.
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCaller, makeTestClock } from './constant-contact-caller';
import { startConstantContact, type ConstantContactEmulator } from './constant-contact/emulator';

const clock = makeTestClock();
let dataFolder: string;
let emulator: ConstantContactEmulator;

const start = async () =>
  (emulator = await startConstantContact({
    clock,
    dataFolder,
    jobMilliseconds: 1_000,
    seed: { lists: [{ name: 'Customers' }] },
  }));

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'constant-contact-'));
});
afterEach(async () => {
  await emulator.stop();
  rmSync(dataFolder, { recursive: true });
});

const names = () =>
  emulator.state().lists.flatMap(({ members }) => members.map(({ fields }) => fields['first_name']));

test('lists, people, jobs and tokens are there again, also after two restarts', async () => {
  await start();
  const [list] = emulator.state().lists;
  const tokens = emulator.issueTokens();
  const accepted = await makeCaller(emulator, tokens.access_token).import(
    'email,first_name\na@example.com,Ann\n',
    list!.id,
    'run-1.csv',
  );
  clock.advance(1_000);
  const before = emulator.state();
  expect(names()).toEqual(['Ann']);
  for (let restart = 0; restart < 2; restart += 1) {
    await emulator.stop();
    await start();
    expect(emulator.state()).toMatchObject({ contacts: 1, lists: before.lists, jobs: before.jobs });
    const { get } = makeCaller(emulator, tokens.access_token);
    expect(
      (await get(`/activities/${(accepted.body as { activity_id: string }).activity_id}`)).body,
    ).toMatchObject({
      state: 'completed',
      source_file_name: 'run-1.csv',
    });
  }
  expect(readdirSync(join(dataFolder, 'files'))).toEqual([]);
});

test('a job that was under way goes on, even when the last change was only half written', async () => {
  await start();
  const [list] = emulator.state().lists;
  await makeCaller(emulator).import('email,first_name\na@example.com,Ann\n', list!.id);
  await emulator.stop();
  appendFileSync(join(dataFolder, 'journal.ndjson'), '{"type":"li');
  await start();
  expect(emulator.state().jobs).toMatchObject([{ state: 'initialized' }]);
  emulator.seed({ lists: [{ name: 'Later' }] });
  clock.advance(1_000);
  expect(names()).toEqual(['Ann']);
  await emulator.stop();
  await start();
  expect(names()).toEqual(['Ann']);
  expect(emulator.state().lists.map(({ name }) => name)).toEqual(['Customers', 'Later']);
});

test('revoked tokens stay revoked', async () => {
  await start();
  const first = emulator.issueTokens();
  emulator.revokeTokens('access');
  const second = emulator.issueTokens();
  await emulator.stop();
  await start();
  expect((await makeCaller(emulator, first.access_token).get('/contact_lists')).status).toBe(401);
  expect((await makeCaller(emulator, second.access_token).get('/contact_lists')).status).toBe(200);
});
