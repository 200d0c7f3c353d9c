// Sending a batch: one import job for one attempt, whoever asks, how often, and whatever gets lost on the way.
import { text } from 'node:stream/consumers';
import { DaySpent, WaitForSlot } from '../../shared/constant-contact/budget';
import type { Import } from '../../shared/constant-contact/import-body';
import {
  ContentBrokenOff,
  JobQueueFull,
  NotAllowed,
  NotFound,
  QuotaExceeded,
  RequestRefused,
  ServiceUnavailable,
  Throttled,
  Unauthorized,
  UnexpectedAnswer,
  Unreachable,
} from '../../shared/constant-contact/errors';
import {
  ClientSecretRefused,
  ReconnectNeeded,
  TokenRenewalBusy,
  TokensNotStored,
} from '../../shared/constant-contact/token-errors';
import { VaultRefused } from '../../shared/platform/vault';
import { makeImportBatch } from '../../shared/runs/import-batch';
import { maxTries } from '../../shared/runs/import-record';
import { lostAnswer } from './support/fake-account';
import { aJob, aRecord, listId, noon, runId } from './support/fixtures';
import {
  addressOf,
  claim,
  makePreparedRun,
  requestTimeout,
  settle,
  type PreparedRun,
  type PreparedRunOptions,
} from './support/prepared-run';

const fileName = `${runId}-1-1.csv`;

async function start(options: PreparedRunOptions = {}) {
  const prepared = await makePreparedRun(options);
  const importBatch = makeImportBatch({ ...prepared.deps, claim, requestTimeout, settle });
  return {
    ...prepared,
    send: (batch = 1, attempt = 1) => importBatch({ runId, batch, attempt }),
    posts: () => prepared.account.called('importContacts'),
  };
}

/** The next POST ends with this; `carriedOut` says whether the job exists all the same. */
function failOnce({ account }: PreparedRun, error: Error, carriedOut = false): void {
  const hook = carriedOut ? 'after' : 'before';
  account[hook] = (method) => {
    if (method !== 'importContacts') return;
    account[hook] = () => undefined;
    throw error;
  };
}

const brokenOff = () =>
  new ContentBrokenOff({ method: 'POST', path: '/p', outcomeUnknown: true }, new Error('storage is away'));

const claimed = (change = {}) =>
  aRecord(1, {
    state: 'claimed',
    owner: 'another',
    jobId: null,
    acceptedAt: null,
    until: noon + claim,
    ...change,
  });

describe('a batch that nobody has sent', () => {
  test('is sent as it was prepared, to the list of the run, under a name of its own', async () => {
    const app = await start();
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    const [[file]] = app.posts() as [[Import]];
    const [batch] = app.manifest.batches;
    expect(file).toMatchObject({ fileName, listIds: [listId], csv: { bytes: batch!.bytes } });
    expect(await text(await file.csv.open())).toBe(app.files.text(batch!.blob));
    expect(app.asked).toEqual(['main']);
    expect(await app.record(1)).toMatchObject({
      state: 'open',
      jobId: 'job-1',
      acceptedAt: noon,
      attempt: 1,
    });
  });

  test('goes to the list of the manifest, whatever the row of the run says', async () => {
    const settled = { listId: 'list of the manifest', pointers: {}, fingerprint: 'f' };
    const app = await start({ manifest: { settled } });
    await app.send();
    expect(app.posts()).toMatchObject([[{ listIds: [settled.listId] }, {}]]);
  });

  test('does not stop the run when it fails after the run has gone on with another try', async () => {
    const app = await start();
    app.account.before = async () => {
      await app.runs.update(runId, (run) => ({ ...run, tries: 1 }));
      throw new NotFound({ method: 'POST', path: '/p', status: 404 });
    };
    await expect(app.send()).resolves.toEqual({ kind: 'stopped' });
    expect(await app.run()).toMatchObject({ tries: 1, reason: null });
  });

  test('is sent without a look at other jobs', async () => {
    const app = await start();
    await app.send();
    expect(app.account.calls.map(({ method }) => method)).toEqual(['importContacts']);
  });

  test('is claimed before the call, and the call is not begun so late that it could outlive the claim', async () => {
    const app = await start();
    let during;
    app.account.before = async () => {
      during = await app.record(1);
    };
    await app.send();
    expect(during).toMatchObject({ state: 'claimed', until: noon + claim, jobId: null });
    expect(app.posts()[0]![1]).toEqual({ startBy: noon + claim - requestTimeout });
  });

  test('leaves neither an address in tables and logs nor a second record', async () => {
    const app = await start();
    await app.send();
    const everything =
      JSON.stringify([...app.tables.imports.dump(), ...app.tables.runs.dump()]) + app.logged.text();
    expect(everything).not.toContain('@');
    expect(everything).not.toContain(addressOf(1, 1).split('@')[0]);
    expect(await app.imports.all(runId)).toHaveLength(1);
  });

  test('is told in the log by ids alone', async () => {
    const app = await start();
    await app.send();
    expect(app.logged.events).toEqual([
      {
        level: 'info',
        event: 'batch.sent',
        dimensions: { run: runId, export: 'spring', connection: 'main', batch: 1, attempt: 1, job: 'job-1' },
      },
    ]);
  });
});

describe('a batch that has been sent', () => {
  test.each(['open', 'completed', 'failed', 'unconfirmed'] as const)(
    'and is %s is not sent again',
    async (state) => {
      const app = await start({ records: [aRecord(1, { state })] });
      await expect(app.send()).resolves.toEqual({ kind: 'sent' });
      expect(app.account.calls).toEqual([]);
      expect(await app.record(1)).toEqual(aRecord(1, { state }));
    },
  );

  test('in a later attempt is not sent again in an earlier one', async () => {
    const app = await start({ records: [aRecord(1, { state: 'open', attempt: 2 })] });
    await expect(app.send(1, 1)).resolves.toEqual({ kind: 'sent' });
    expect(app.account.calls).toEqual([]);
  });

  test('and failed is sent once more, as another file', async () => {
    const app = await start({ records: [aRecord(1, { state: 'failed', ended: 'timed_out', tries: 3 })] });
    app.account.jobs = [aJob({ state: 'timed_out' })];
    await expect(app.send(1, 2)).resolves.toEqual({ kind: 'sent' });
    expect(app.posts()[0]![0]).toMatchObject({ fileName: `${runId}-1-2.csv` });
    expect(await app.record(1)).toMatchObject({
      attempt: 2,
      state: 'open',
      jobId: 'job-2',
      ended: null,
      tries: 1,
    });
  });
});

describe('two executions at the same time', () => {
  test.each([2, 5])('of %i, one sends and the others are put off', async (executions) => {
    const app = await start();
    const results = await Promise.all(Array.from({ length: executions }, () => app.send()));
    expect(app.posts()).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'sent')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'later')).toHaveLength(executions - 1);
    expect(await app.record(1)).toMatchObject({ state: 'open', jobId: 'job-1' });
  });

  test('one in mid-call keeps the other from sending, also past the end of its claim', async () => {
    const app = await start();
    let second;
    app.account.before = async () => {
      app.account.before = () => undefined;
      app.time.advance(claim + settle - 1);
      second = await app.send();
    };
    await app.send();
    expect(second).toEqual({ kind: 'later', until: noon + claim + settle, why: 'settling' });
    expect(app.posts()).toHaveLength(1);
  });

  test('of a record that both take over, one looks the job up', async () => {
    const app = await start({ records: [claimed({ until: noon - settle })] });
    const results = await Promise.all([app.send(), app.send()]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(['later', 'sent']);
    expect(app.posts()).toHaveLength(1);
  });
});

describe('a claim that somebody left behind', () => {
  test.each([
    ['still runs', noon + claim],
    ['has run out, but a job could still show up', noon - settle + 1],
  ])('is left alone while it %s', async (_name, until) => {
    const app = await start({ records: [claimed({ until })] });
    await expect(app.send()).resolves.toEqual({ kind: 'later', until: until + settle, why: 'settling' });
    expect(app.account.calls).toEqual([]);
  });

  test('is taken over when that time has passed, and the job that there is, is found by its name', async () => {
    const app = await start({ records: [claimed({ until: noon - settle })] });
    app.account.jobs = [aJob({ id: 'other', fileName: `${runId}-1-2.csv` }), aJob({ id: 'found' })];
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    expect(app.posts()).toEqual([]);
    expect(app.account.called('importJobs')).toEqual([[{ since: new Date(noon).toISOString() }]]);
    expect(await app.record(1)).toMatchObject({ state: 'open', jobId: 'found' });
  });

  test('is taken over, and the batch is sent when no job has its name', async () => {
    const app = await start({ records: [claimed({ until: noon - settle })] });
    app.account.jobs = [aJob({ id: 'other', fileName: `${runId}-11-1.csv` })];
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    expect(app.account.calls.map(({ method }) => method)).toEqual(['importJobs', 'importContacts']);
    expect(await app.record(1)).toMatchObject({ state: 'open', jobId: 'job-2' });
  });

  test('stays in doubt when the look fails, so that the next one looks again', async () => {
    const app = await start({ records: [claimed({ until: noon - settle })] });
    app.account.before = (method) => {
      if (method === 'importJobs')
        throw new ServiceUnavailable({ method: 'GET', path: '/activities', status: 503 });
    };
    await expect(app.send()).resolves.toEqual({
      kind: 'later',
      until: noon + settle,
      why: 'constant-contact-away',
    });
    expect(await app.record(1)).toMatchObject({ state: 'claimed', until: noon });
    expect(app.posts()).toEqual([]);
  });

  test('stays in doubt when the send after the look is put off', async () => {
    const app = await start({ records: [claimed({ until: noon - settle })] });
    failOnce(app, new WaitForSlot(noon + 30_000));
    await expect(app.send()).resolves.toMatchObject({ kind: 'later', why: 'request-budget' });
    expect(await app.record(1)).toMatchObject({ state: 'claimed' });
  });
});

describe('a call whose outcome nobody saw', () => {
  test.each([
    ['the answer was lost', lostAnswer()],
    [
      'a fault in mid-call',
      new ServiceUnavailable({ method: 'POST', path: '/p', status: 500, outcomeUnknown: true }),
    ],
    [
      'an answer that cannot be read',
      new UnexpectedAnswer({ method: 'POST', path: '/p', outcomeUnknown: true }, 'x'),
    ],
    ['the file broke off', brokenOff()],
  ])('settles, and then finds the job that was made: %s', async (_name, error) => {
    const app = await start();
    failOnce(app, error, true);
    await expect(app.send()).resolves.toEqual({ kind: 'later', until: noon + settle, why: 'settling' });
    expect(await app.record(1)).toMatchObject({ state: 'claimed', jobId: null });
    await expect(app.send()).resolves.toEqual({ kind: 'later', until: noon + settle, why: 'settling' });
    app.time.advance(settle);
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    expect(app.posts()).toHaveLength(1);
    expect(await app.record(1)).toMatchObject({ state: 'open', jobId: 'job-1' });
  });

  test('settles, and then sends when no job was made', async () => {
    const app = await start();
    failOnce(app, lostAnswer());
    await app.send();
    app.time.advance(settle);
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    expect(app.posts()).toHaveLength(2);
    expect(app.account.jobs).toHaveLength(1);
  });

  test('again and again stops the run as unavailable, with the batch in doubt', async () => {
    const app = await start();
    app.account.before = (method) => {
      if (method === 'importContacts') throw lostAnswer();
    };
    for (let time = 1; time < maxTries; time++) {
      await expect(app.send()).resolves.toMatchObject({ kind: 'later', why: 'settling' });
      app.time.advance(settle);
    }
    await expect(app.send()).resolves.toEqual({ kind: 'stopped' });
    expect(await app.run()).toMatchObject({ reason: { code: 'constant-contact-unavailable' } });
    expect(await app.record(1)).toMatchObject({ state: 'claimed' });
  });

  test('as the file breaks off again and again is no fault of Constant Contact: the host tries on', async () => {
    const app = await start();
    app.account.before = (method) => {
      if (method === 'importContacts') throw brokenOff();
    };
    for (let time = 1; time < maxTries; time++) {
      await expect(app.send()).resolves.toMatchObject({ kind: 'later', why: 'settling' });
      app.time.advance(settle);
    }
    await expect(app.send()).rejects.toMatchObject({ code: 'content-broken-off' });
    expect(await app.run()).toMatchObject({ reason: null });
    expect(await app.record(1)).toMatchObject({ state: 'claimed' });
  });

  test.each<[string, Error]>([
    ['to read a token', new VaultRefused(403, undefined)],
    ['to store a renewed one', new TokensNotStored('main', new VaultRefused(403, undefined))],
  ])(
    'for want of Key Vault, which refuses %s, stops the run with what an administrator must do',
    async (_, error) => {
      const app = await start();
      app.account.before = () => {
        throw error;
      };
      for (let time = 1; time < maxTries; time++) {
        await expect(app.send()).resolves.toMatchObject({ kind: 'later', why: 'key-vault' });
        app.time.advance(settle);
      }
      await expect(app.send()).resolves.toEqual({ kind: 'stopped' });
      expect((await app.run()).reason).toEqual({
        code: 'vault-refused',
        sentence: expect.stringContaining('role Key Vault Secrets Officer') as string,
      });
      expect(await app.record(1)).toMatchObject({ state: 'free' });
    },
  );

  test('gives up only for such calls: others that were put off do not count', async () => {
    const app = await start();
    app.account.before = () => {
      throw new WaitForSlot(noon);
    };
    for (let time = 1; time <= 2 * maxTries; time++) await app.send();
    app.account.before = () => undefined;
    failOnce(app, lostAnswer());
    await expect(app.send()).resolves.toMatchObject({ kind: 'later', why: 'settling' });
    expect(await app.run()).toMatchObject({ reason: null });
  });
});

describe('a job that was accepted, but not written down', () => {
  test('is found by its name when the claim has run out', async () => {
    const app = await start();
    const { imports } = app;
    let puts = 0;
    const importBatch = makeImportBatch({
      ...app.deps,
      imports: {
        ...imports,
        put: (...args) =>
          ++puts === 2 ? Promise.reject(new Error('storage is away')) : imports.put(...args),
      },
      claim,
      requestTimeout,
      settle,
    });
    await expect(importBatch({ runId, batch: 1, attempt: 1 })).rejects.toThrow('storage is away');
    await expect(app.send()).resolves.toEqual({
      kind: 'later',
      until: noon + claim + settle,
      why: 'settling',
    });
    app.time.advance(claim + settle);
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    expect(app.posts()).toHaveLength(1);
    expect(await app.record(1)).toMatchObject({ state: 'open', jobId: 'job-1' });
  });
});

describe('a call that was not carried out', () => {
  const post = { method: 'POST', path: '/activities/contacts_file_import', status: 429 } as const;

  test.each([
    ['the second is full', new WaitForSlot(noon + 9_000), noon + 9_000, 'request-budget'],
    ['our day is spent', new DaySpent(noon + 43_200_000), noon + 43_200_000, 'day-budget'],
    ['their day is spent', new QuotaExceeded(post, noon + 43_200_000), noon + 43_200_000, 'day-budget'],
    ['Constant Contact throttles', new Throttled(post), noon + 2_000, 'request-budget'],
    [
      'it says how long',
      new Throttled({ ...post, retryAfterMilliseconds: 7_000 }),
      noon + 7_000,
      'request-budget',
    ],
    ['its queue is full', new JobQueueFull(post), noon + 120_000, 'job-queue'],
    [
      'its queue is full for a known time',
      new JobQueueFull({ ...post, retryAfterMilliseconds: 5_000 }),
      noon + 5_000,
      'job-queue',
    ],
  ])('is put off, and the batch is free again: %s', async (_name, error, until, why) => {
    const app = await start();
    failOnce(app, error);
    await expect(app.send()).resolves.toEqual({ kind: 'later', until, why });
    expect(await app.record(1)).toMatchObject({ state: 'free' });
    // Nothing has to be looked up: the next one sends at once.
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
    expect(app.account.calls.map(({ method }) => method)).toEqual(['importContacts', 'importContacts']);
  });

  test.each([
    ['the sign-in is gone', new ReconnectNeeded('main', 'refresh-token-refused'), 'reconnect-needed'],
    ['the token is not accepted', new Unauthorized({ ...post, status: 401 }), 'reconnect-needed'],
    ['the client secret is wrong', new ClientSecretRefused('s', 'refused'), 'client-secret-refused'],
    ['the user may not', new NotAllowed({ ...post, status: 403 }), 'not-allowed'],
    ['the list is gone', new NotFound({ ...post, status: 404 }), 'import-refused'],
    ['the import is refused', new RequestRefused({ ...post, status: 400 }), 'import-refused'],
  ])('stops the run with its reason, and the batch counts as not sent: %s', async (_name, error, code) => {
    const app = await start();
    failOnce(app, error);
    await expect(app.send()).resolves.toEqual({ kind: 'stopped' });
    const { reason } = await app.run();
    expect(reason).toMatchObject({ code });
    expect(reason?.sentence).toMatch(/ again/);
    expect(await app.record(1)).toMatchObject({ state: 'free', attempt: 1 });
  });

  test.each([
    ['the tokens are being renewed elsewhere', new TokenRenewalBusy('main')],
    ['storage is away', new Error('storage is away')],
  ])('is tried again by the host, and the batch is free until then: %s', async (_name, error) => {
    const app = await start();
    failOnce(app, error);
    await expect(app.send()).rejects.toBe(error);
    expect(await app.record(1)).toMatchObject({ state: 'free' });
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
  });

  test('is put off when no connection came about, and the batch is free until then', async () => {
    const app = await start();
    failOnce(app, new Unreachable({ method: 'POST', path: '/activities/contacts_file_import' }, false));
    await expect(app.send()).resolves.toEqual({
      kind: 'later',
      until: noon + settle,
      why: 'constant-contact-away',
    });
    expect(await app.record(1)).toMatchObject({ state: 'free', tries: 1 });
    await expect(app.send()).resolves.toEqual({ kind: 'sent' });
  });

  test('does not overwrite the reason that the run has already', async () => {
    const app = await start();
    app.account.before = async () => {
      await app.runs.update(runId, (run) => ({ ...run, reason: { code: 'first', sentence: 'First.' } }));
      throw new RequestRefused(post);
    };
    await app.send();
    expect(await app.run()).toMatchObject({ reason: { code: 'first' } });
  });

  test('is told in the log without any text of the answer', async () => {
    const app = await start();
    failOnce(app, new Throttled(post));
    await app.send();
    expect(app.logged.events).toEqual([
      {
        level: 'warn',
        event: 'batch.not-sent',
        dimensions: { run: runId, export: 'spring', batch: 1, attempt: 1, tries: 1, outcome: 'not-accepted' },
      },
    ]);
  });
});

describe('a run that does not go on', () => {
  test.each([
    ['canceled', { cancelRequested: true }],
    ['stopped for a reason', { reason: { code: 'some', sentence: 'Some.' } }],
    ['over', { status: 'Failed' }],
  ] as const)('sends nothing when it is %s', async (_name, run) => {
    const app = await start({ run });
    await expect(app.send()).resolves.toEqual({ kind: 'stopped' });
    expect(app.account.calls).toEqual([]);
    expect(await app.record(1)).toBeUndefined();
  });

  test('sends nothing when nobody knows it', async () => {
    const app = await start();
    const importBatch = makeImportBatch({ ...app.deps, claim, requestTimeout, settle });
    await expect(
      importBatch({ runId: 'spring-20260301120000-zzzzzzzzzzzz', batch: 1, attempt: 1 }),
    ).resolves.toEqual({ kind: 'stopped' });
    expect(app.account.calls).toEqual([]);
  });

  test('sends nothing when it ends between the look at it and the claim', async () => {
    const app = await start();
    const { imports } = app;
    const importBatch = makeImportBatch({
      ...app.deps,
      imports: {
        ...imports,
        async get(...args) {
          const found = await imports.get(...args);
          await app.runs.update(runId, (run) => ({ ...run, cancelRequested: true }));
          return found;
        },
      },
      claim,
      requestTimeout,
      settle,
    });
    await expect(importBatch({ runId, batch: 1, attempt: 1 })).resolves.toEqual({ kind: 'stopped' });
    expect(app.posts()).toEqual([]);
    expect((await app.record(1))?.state ?? 'free').toBe('free');
  });

  test('has a batch that was never prepared: that is a fault of the app, and nothing is sent', async () => {
    const app = await start();
    await expect(app.send(9)).rejects.toThrow('batch 9');
    expect(app.posts()).toEqual([]);
  });
});
