// Key Vault refuses the app for good, as somebody took its role away, or a firewall came: the run says what an administrator must do,
// counts what was accepted, and sends nothing in doubt. For a while it is no more than a pause: a new role takes minutes to work.
import { VaultRefused } from '../../shared/platform/vault';
import { startAppInMemory, type AppInMemory, type HowDriven } from '../support/app-in-memory';
import { addsUp, jobsOf, makeSmallExport, membersOf, outcomeOf, people, successful } from './small-export';

const anHour = 3_600_000;
let app: AppInMemory;
let isRefused: boolean;
let begun: number;
beforeEach(async () => {
  isRefused = false;
  app = await startAppInMemory({ settings: { IMPORT_CONCURRENCY: '1', RUN_RETRY_SECONDS: 'off' } });
  begun = app.clock.now();
  const { secrets } = app;
  const read = secrets.get.bind(secrets);
  secrets.get = (name) => {
    if (isRefused) throw new VaultRefused(403, undefined);
    return read(name);
  };
});
afterEach(() => app.stop());

/** Tokens end, so that the vault has to be asked. */
const refuseAt = (wanted: string, nth: number): HowDriven => ({
  before: (step) => {
    if (step.name !== wanted || step.nth !== nth) return;
    isRefused = true;
    app.constantContact.revokeTokens('access');
    app.passTime(86_400_000);
  },
});

async function run(how: HowDriven = {}) {
  const run = await app.run(await makeSmallExport(app), how);
  expect((await app.deps.runs.lock(run.exportId)).runId).toBeNull();
  return run;
}

test('from the start: nothing is read or sent, and the sentence names the role', async () => {
  isRefused = true;
  const ended = await run();
  expect(outcomeOf(ended)).toEqual({ status: 'Failed', reason: 'vault-refused', counts: null });
  expect(ended.reason?.sentence).toContain('Key Vault Secrets Officer');
  expect(ended.reason?.sentence).toContain('run the export again');
  expect(jobsOf(app)).toEqual([]);
  expect(app.files.names()).toEqual([`${ended.id}/report.json`]);
  expect(app.clock.now()).toBeLessThan(begun + anHour);
});

test('for two minutes: the run waits, says for what, and goes on', async () => {
  isRefused = true;
  const { runId, statuses, ended } = await app.begin(await makeSmallExport(app), {
    before: () => {
      if (app.clock.now() > begun + 120_000) isRefused = false;
    },
  });
  await ended;
  expect(outcomeOf((await app.deps.runs.get(runId))!)).toEqual(successful);
  expect(statuses).toContainEqual(expect.objectContaining({ waitingFor: 'key-vault' }));
});

test('in the middle of sending: what was accepted is unconfirmed, as nobody may look, and the rest is not sent', async () => {
  const ended = await run(refuseAt('importBatch', 2));
  expect(outcomeOf(ended)).toEqual({
    status: 'Failed',
    reason: 'vault-refused',
    counts: { read: 3, unconfirmed: 1, notSent: 2 },
  });
  expect(addsUp(ended)).toBe(true);
  expect(jobsOf(app)).toEqual(['1-1']);
  expect(app.clock.now()).toBeLessThan(begun + 86_400_000 + 3 * anHour);
});

test('while it waits for its jobs: everybody is there, but unconfirmed', async () => {
  const ended = await run(refuseAt('awaitImports', 1));
  expect(outcomeOf(ended)).toEqual({
    status: 'Completed with warnings',
    reason: 'warnings',
    counts: { read: 3, unconfirmed: 3 },
  });
  expect(membersOf(app)).toEqual([...people]);
});
