// The account of a run: every row read is somewhere in it, and the status says what happened.
import fc from 'fast-check';
import type { Manifest } from '../../shared/contacts/manifest';
import { account, refusedOf, verdict, type Account } from '../../shared/runs/accounting';
import type { ImportRecord } from '../../shared/runs/import-record';
import type { RunCounts } from '../../shared/runs/run';
import { aBatch, aManifest, aRecord, noCounters } from './support/fixtures';

const completed = (batch: number, counters: Partial<typeof noCounters> = {}) =>
  aRecord(batch, { state: 'completed', ended: 'completed', counters: { ...noCounters, ...counters } });

const small = fc.nat({ max: 50 });
const counters = fc.record({ errorCount: small, correctableCount: small, cannotAddToListCount: small });

/** Any record of a batch that this app can have written. */
const record = (batch: number): fc.Arbitrary<ImportRecord> =>
  fc
    .record({
      attempt: fc.constantFrom(1, 2),
      state: fc.constantFrom(
        'free' as const,
        'claimed' as const,
        'open' as const,
        'completed' as const,
        'failed' as const,
        'unconfirmed' as const,
      ),
      counters,
    })
    .map(({ attempt, state, counters: counted }) =>
      aRecord(batch, {
        attempt,
        state,
        ended: state === 'completed' ? 'completed' : state === 'failed' ? 'failed' : null,
        counters: state === 'completed' ? counted : null,
      }),
    );

const prepared: fc.Arbitrary<{ manifest: Manifest; records: ImportRecord[] }> = fc
  .record({
    batches: fc.array(fc.record({ wave: fc.nat({ max: 4 }), contacts: fc.integer({ min: 1, max: 40 }) }), {
      maxLength: 6,
    }),
    duplicate: small,
    rejected: small,
  })
  .chain(({ batches, duplicate, rejected }) => {
    const manifest = aManifest(batches.map((batch, index) => aBatch(index + 1, batch)));
    const { contacts } = manifest.counts;
    const counts = { read: contacts + duplicate + rejected, contacts, duplicate, rejected };
    const records = batches.map((_, index) => fc.option(record(index + 1), { nil: undefined }));
    return fc.tuple(...records).map((some) => ({
      manifest: { ...manifest, counts },
      records: some.filter((one) => one !== undefined),
    }));
  });

const sum = ({ accepted, duplicate, rejected, refused, unconfirmed, notSent }: RunCounts) =>
  accepted + duplicate + rejected + refused + unconfirmed + notSent;

test('every row read is accounted for, whatever became of the batches', () => {
  fc.assert(
    fc.property(prepared, ({ manifest, records }) => {
      const { counts } = account(manifest, records);
      expect(sum(counts)).toBe(counts.read);
      expect(counts.read).toBe(manifest.counts.read);
      expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('no status misleads, whatever became of the batches', () => {
  const reason = fc.option(fc.constant({ code: 'some', sentence: 'Some reason.' }), { nil: null });
  fc.assert(
    fc.property(prepared, reason, fc.boolean(), ({ manifest, records }, given, cancelRequested) => {
      const sums = account(manifest, records);
      const { counts } = sums;
      const ended = verdict({ cancelRequested, reason: given, account: sums });
      const untouched = manifest.batches.some(
        ({ number }) =>
          !records.some(
            ({ batch, state, attempt }) => batch === number && !(state === 'free' && attempt === 1),
          ),
      );

      if (ended.status === 'Successful') {
        expect(counts.accepted + counts.duplicate).toBe(counts.read);
        expect(sums.warnings).toEqual([]);
        expect(given).toBeNull();
      }
      if (ended.status === 'Completed with warnings') {
        expect(counts.notSent).toBe(0);
        expect(given).toBeNull();
        expect(ended.reason?.sentence).toContain('but');
        // "Sent to the end" is said of nothing that was cut short by a cancel.
        expect(cancelRequested && untouched).toBe(false);
      }
      if (ended.status === 'Canceled') expect(cancelRequested).toBe(true);
      if (counts.notSent > 0) expect(['Failed', 'Canceled']).toContain(ended.status);
      if (ended.status !== 'Successful') expect(ended.reason?.sentence).toMatch(/\.$/);
    }),
  );
});

describe('a batch counts as', () => {
  const countsOf = (records: readonly ImportRecord[]) => account(aManifest([aBatch(1)]), records).counts;

  test.each<[string, Partial<ImportRecord>, keyof RunCounts]>([
    [
      'accepted when its job completed',
      { state: 'completed', ended: 'completed', counters: noCounters },
      'accepted',
    ],
    ['not sent when nobody got it accepted', { state: 'free', jobId: null }, 'notSent'],
    ['unconfirmed while somebody is sending it', { state: 'claimed', jobId: null }, 'unconfirmed'],
    ['unconfirmed while its job is open', { state: 'open' }, 'unconfirmed'],
    ['unconfirmed when its job failed', { state: 'failed', ended: 'failed' }, 'unconfirmed'],
    ['unconfirmed when the end of its job stayed unknown', { state: 'unconfirmed' }, 'unconfirmed'],
    ['unconfirmed when its second attempt was never accepted', { state: 'free', attempt: 2 }, 'unconfirmed'],
  ])('%s', (_name, change, kind) => {
    const counts = countsOf([aRecord(1, change)]);
    expect(counts[kind]).toBe(10);
    expect(sum(counts)).toBe(10);
  });

  test('not sent when nothing is known of it', () => {
    expect(countsOf([]).notSent).toBe(10);
  });
});

describe('what Constant Contact refuses', () => {
  test('is the sum of its three counters, and at most what was sent', () => {
    expect(refusedOf(10, { errorCount: 1, correctableCount: 2, cannotAddToListCount: 3 })).toBe(6);
    expect(refusedOf(5, { errorCount: 1, correctableCount: 2, cannotAddToListCount: 3 })).toBe(5);
  });

  test('is taken from the accepted of its batch', () => {
    const { counts, warnings } = account(aManifest([aBatch(1), aBatch(2)]), [
      completed(1, { errorCount: 3 }),
      completed(2),
    ]);
    expect(counts).toMatchObject({ accepted: 17, refused: 3 });
    expect(warnings).toEqual([]);
  });

  test('is warned of when the counters name more than were sent', () => {
    const { counts, warnings } = account(aManifest([aBatch(1)]), [
      completed(1, { errorCount: 8, cannotAddToListCount: 8 }),
    ]);
    expect(counts).toMatchObject({ accepted: 0, refused: 10 });
    expect(warnings).toEqual([
      expect.stringContaining('Constant Contact counts 16 refusals among 10 contacts'),
    ]);
  });
});

describe('a batch of a later wave', () => {
  const later = aBatch(2, { wave: 1, columns: ['email', 'city', 'company_name'], contacts: 4 });

  test('changes no count, and is a warning that names its fields when it did not go through', () => {
    const { counts, warnings } = account(aManifest([aBatch(1), later]), [
      completed(1),
      aRecord(2, { state: 'failed', ended: 'failed' }),
    ]);
    expect(counts).toMatchObject({ read: 10, accepted: 10, unconfirmed: 0 });
    expect(warnings).toEqual([
      'Batch 2: the fields city, company_name of 4 contacts were sent, but not confirmed.',
    ]);
  });

  test('is a warning when it was never sent', () => {
    expect(account(aManifest([aBatch(1), later]), [completed(1)]).warnings).toEqual([
      'Batch 2: the fields city, company_name of 4 contacts were not sent.',
    ]);
  });

  test('is held back by an earlier job that may be open still, and the first warning says so', () => {
    const given = account(aManifest([aBatch(1), later]), [aRecord(1, { state: 'unconfirmed' })]);
    expect(given.warnings).toEqual([
      expect.stringMatching(/^The columns of later waves were not sent, as the import job of batch 1 /),
      'Batch 2: the fields city, company_name of 4 contacts were not sent.',
    ]);
    expect(verdict({ cancelRequested: false, reason: null, account: given })).toMatchObject({
      status: 'Completed with warnings',
      reason: {
        sentence: expect.stringMatching(/^Sent, but not every column: 10 contacts were sent, but /) as string,
      },
    });
  });

  test('that was begun, or that no job is in doubt before, is not said to be held back', () => {
    const manifest = aManifest([aBatch(1), later, aBatch(3, { wave: 2 })]);
    for (const records of [
      [aRecord(1, { state: 'unconfirmed' }), completed(2)],
      [completed(1), aRecord(3, { state: 'unconfirmed' })],
    ]) {
      expect(account(manifest, records).warnings.join()).not.toContain('later waves');
    }
  });

  test('that was not sent because somebody cancelled makes the run canceled, though every contact had been sent', () => {
    const ended = verdict({
      cancelRequested: true,
      reason: null,
      account: account(aManifest([aBatch(1), later]), [completed(1)]),
    });
    expect(ended.status).toBe('Canceled');
    expect(ended.reason?.sentence).toContain('10 contacts had been sent already');
  });
});

describe('the status', () => {
  const counts: RunCounts = {
    read: 10,
    accepted: 10,
    duplicate: 0,
    rejected: 0,
    refused: 0,
    unconfirmed: 0,
    notSent: 0,
  };
  const ended = (change: Partial<RunCounts>, rest: Partial<Parameters<typeof verdict>[0]> = {}) => {
    const manifest = aManifest([aBatch(1)]);
    const base: Account = account(manifest, [completed(1)]);
    return verdict({
      cancelRequested: false,
      reason: null,
      account: { ...base, counts: { ...counts, ...change } },
      ...rest,
    });
  };
  const reason = { code: 'reconnect-needed', sentence: 'Sign in again.' };

  test('is Successful when everybody sent was accepted and nothing was rejected; duplicates are no fault', () => {
    expect(ended({ accepted: 8, duplicate: 2 })).toEqual({ status: 'Successful', reason: null });
  });

  test.each<[Partial<RunCounts>, string]>([
    [{ accepted: 7, rejected: 3 }, '3 profiles were rejected because of their data (see the rejects file)'],
    [{ accepted: 7, refused: 3 }, '3 contacts were refused by Constant Contact'],
    [{ accepted: 7, unconfirmed: 3 }, '3 contacts were sent, but Constant Contact did not confirm them'],
  ])('is Completed with warnings, with the sentence for %j', (change, sentence) => {
    const { status, reason: given } = ended(change);
    expect(status).toBe('Completed with warnings');
    expect(given?.sentence).toBe(`Sent to the end, but ${sentence}.`);
  });

  test('is Failed, with its reason, when contacts were not sent', () => {
    expect(ended({ accepted: 5, notSent: 5 }, { reason })).toEqual({ status: 'Failed', reason });
  });

  test('is Failed with a reason of its own when nobody knows why contacts were not sent', () => {
    expect(ended({ accepted: 5, notSent: 5 })).toMatchObject({
      status: 'Failed',
      reason: { code: 'internal' },
    });
  });

  test('is Failed when nothing was prepared', () => {
    expect(ended({}, { account: null, reason })).toEqual({ status: 'Failed', reason });
  });

  test('is Canceled when somebody cancelled before anything was sent', () => {
    expect(ended({}, { account: null, cancelRequested: true })).toEqual({
      status: 'Canceled',
      reason: { code: 'canceled', sentence: 'Canceled before anything was sent.' },
    });
  });

  test('is Canceled, and says how many contacts stay in Constant Contact, when somebody cancelled in mid-send', () => {
    expect(ended({ accepted: 3, refused: 1, unconfirmed: 2, notSent: 4 }, { cancelRequested: true })).toEqual(
      {
        status: 'Canceled',
        reason: {
          code: 'canceled',
          sentence: 'Canceled. 6 contacts had been sent already and stay in Constant Contact.',
        },
      },
    );
  });

  test('is what it would have been when somebody cancelled too late', () => {
    expect(ended({}, { cancelRequested: true })).toEqual({ status: 'Successful', reason: null });
  });
});

test('values that were left out are a warning, for each field with its own reason', () => {
  const leftOutByField = { birthday_day: 2, birthday_month: 3, anniversary: 4 };
  const { warnings } = account(aManifest([aBatch(1)], { leftOutByField }), [completed(1)]);
  expect(warnings).toEqual([
    '2 values of birthday_day were left out: Constant Contact takes birthday_day and birthday_month only together, as numbers of a day that there is, such as 29 and 2.',
    '3 values of birthday_month were left out: Constant Contact takes birthday_day and birthday_month only together, as numbers of a day that there is, such as 29 and 2.',
    '4 values of anniversary were left out: they are no dates in a form that Constant Contact takes, such as 1971-09-29 or 9/29/1971.',
  ]);
});

test.each<[string, Partial<typeof noCounters>, readonly string[]]>([
  [
    'rows in error',
    { errorCount: 2, correctableCount: 1 },
    ['Batch 2: the fields first_name of 3 contacts were refused by Constant Contact.'],
  ],
  ['people who cannot join the list, as they were counted before', { cannotAddToListCount: 4 }, []],
])('a later wave that completes with %s', (_, counted, warnings) => {
  const manifest = aManifest([aBatch(1), aBatch(2, { wave: 1 })]);
  const sums = account(manifest, [completed(1), completed(2, counted)]);
  expect(sums.warnings).toEqual(warnings);
  expect(sums.counts.refused).toBe(0);
});
