// What a look at a job makes of a record, for every state of both.
import fc from 'fast-check';
import type { ImportJob } from '../../shared/constant-contact/schemas';
import type { ImportRecord } from '../../shared/runs/import-record';
import { attemptNeeded, isOnItsWay, lookAtJob, lookInVain } from '../../shared/runs/look-at-job';
import { aJob, aRecord, noon } from './support/fixtures';

const limits = { deadline: 3_600_000, settle: 60_000 };
const later = noon + 10_000;
const overdue = noon + limits.deadline;
const states: ImportJob['state'][] = [
  'initialized',
  'processing',
  'completed',
  'cancelled',
  'failed',
  'timed_out',
  'unknown',
];
const over: ImportRecord['state'][] = ['free', 'completed', 'failed', 'unconfirmed'];
const counters = { ...aJob().counters, errors: 1, correctable: 2, cannotAddToList: 3 };
const claimed = (change: Partial<ImportRecord> = {}) =>
  aRecord(1, { state: 'claimed', jobId: null, acceptedAt: null, ...change });

describe('an open record', () => {
  test('is completed, with the counters of its job', () => {
    expect(lookAtJob(aRecord(1), aJob({ state: 'completed', counters }), later, limits)).toEqual(
      aRecord(1, {
        state: 'completed',
        ended: 'completed',
        counters: { errorCount: 1, correctableCount: 2, cannotAddToListCount: 3 },
      }),
    );
  });

  test('is completed with nothing refused when the job tells no counters', () => {
    expect(lookAtJob(aRecord(1), aJob({ state: 'completed' }), later, limits).counters).toEqual({
      errorCount: 0,
      correctableCount: 0,
      cannotAddToListCount: 0,
    });
  });

  test.each(['failed', 'timed_out', 'cancelled'] as const)('has failed when its job ended as %s', (state) => {
    expect(lookAtJob(aRecord(1), aJob({ state }), later, limits)).toEqual(
      aRecord(1, { state: 'failed', ended: state }),
    );
  });

  test.each(['initialized', 'processing', 'unknown'] as const)(
    'stays open while its job is %s, and is given up as unconfirmed after the deadline',
    (state) => {
      // The same object: there is nothing to write down.
      const record = aRecord(1);
      expect(lookAtJob(record, aJob({ state }), overdue - 1, limits)).toBe(record);
      expect(lookAtJob(aRecord(1), aJob({ state }), overdue, limits)).toEqual(
        aRecord(1, { state: 'unconfirmed' }),
      );
    },
  );

  test('stays open while its job cannot be found, and is given up as unconfirmed after the deadline', () => {
    expect(lookAtJob(aRecord(1), undefined, overdue - 1, limits)).toEqual(aRecord(1));
    expect(lookAtJob(aRecord(1), undefined, overdue, limits)).toEqual(aRecord(1, { state: 'unconfirmed' }));
  });

  test('is completed with a remark, and without what cannot be read, when a counter is no number', () => {
    const unreadable = { ...counters, errors: NaN };
    expect(
      lookAtJob(aRecord(1), aJob({ state: 'completed', counters: unreadable }), later, limits),
    ).toMatchObject({
      state: 'completed',
      counters: { errorCount: 0, correctableCount: 2, cannotAddToListCount: 3 },
      remarks: ['counters-unreadable'],
    });
  });

  test('that nobody could look at for a while is looked at again like any other', () => {
    const record = aRecord(1, { unseenSince: noon });
    expect(lookAtJob(record, aJob(), later, limits)).toEqual(aRecord(1));
  });

  test('is completed by a job that ended, however late the look comes', () => {
    expect(lookAtJob(aRecord(1), aJob({ state: 'completed' }), overdue * 2, limits).state).toBe('completed');
  });
});

describe('a claimed record', () => {
  test('is open once a job has its file, from this moment on', () => {
    expect(lookAtJob(claimed(), aJob({ id: 'found' }), later, limits)).toEqual(
      aRecord(1, { state: 'open', jobId: 'found', acceptedAt: later }),
    );
  });

  test('can be completed at the first look', () => {
    expect(lookAtJob(claimed(), aJob({ id: 'found', state: 'completed' }), later, limits)).toMatchObject({
      state: 'completed',
      jobId: 'found',
      acceptedAt: later,
    });
  });

  test('stays claimed while no job has its file, however long', () => {
    expect(lookAtJob(claimed(), undefined, overdue * 2, limits)).toEqual(claimed());
  });
});

describe('while Constant Contact is away', () => {
  test('an open record notes since when, and stays open past its deadline until somebody has tried for the settle time', () => {
    const first = lookInVain(aRecord(1), overdue, limits);
    expect(first).toEqual(aRecord(1, { unseenSince: overdue }));
    const second = lookInVain(first, overdue + limits.settle - 1, limits);
    expect(second).toEqual(first);
    expect(lookInVain(second, overdue + limits.settle, limits)).toMatchObject({ state: 'unconfirmed' });
  });

  test('an open record is not given up before its deadline, however long the service is away', () => {
    const record = aRecord(1, { unseenSince: noon });
    expect(lookInVain(record, overdue - 1, limits)).toEqual(record);
    expect(lookInVain(record, overdue, limits)).toMatchObject({ state: 'unconfirmed' });
  });

  test.each<ImportRecord['state']>([...over, 'claimed'])('a record that is %s stays as it is', (state) => {
    const record = aRecord(1, { state });
    expect(lookInVain(record, overdue * 2, limits)).toBe(record);
  });
});

test.each(over)('a record that is %s is not touched by any job', (state) => {
  for (const job of [undefined, ...states.map((one) => aJob({ state: one }))]) {
    const record = aRecord(1, { state });
    expect(lookAtJob(record, job, overdue, limits)).toBe(record);
  }
});

describe('what is on its way', () => {
  test('is an open record, and a claimed one until its job would have shown up', () => {
    expect(isOnItsWay(aRecord(1), overdue, limits)).toBe(true);
    const until = noon + 120_000;
    expect(isOnItsWay(claimed({ until }), until + limits.settle - 1, limits)).toBe(true);
    expect(isOnItsWay(claimed({ until }), until + limits.settle, limits)).toBe(false);
  });

  test.each(over)('is no record that is %s', (state) => {
    expect(isOnItsWay(aRecord(1, { state }), noon, limits)).toBe(false);
  });
});

describe('the attempt that is needed next', () => {
  test.each([
    ['the second, when the first failed', { state: 'failed', ended: 'failed' }, 2],
    ['the second, when the first timed out', { state: 'failed', ended: 'timed_out' }, 2],
    [
      'none, when somebody cancelled the job at Constant Contact',
      { state: 'failed', ended: 'cancelled' },
      undefined,
    ],
    ['none, when the second failed too', { state: 'failed', ended: 'failed', attempt: 2 }, undefined],
    ['the same, when it was never accepted', { state: 'free' }, 1],
    ['the same, when the second was never accepted', { state: 'free', attempt: 2 }, 2],
    ['the same, when its claim ran out without a job', { state: 'claimed', until: noon - 60_000 }, 1],
    [
      'none yet, while its claim may still become a job',
      { state: 'claimed', until: noon - 59_999 },
      undefined,
    ],
    ['none, while it is open', { state: 'open' }, undefined],
    ['none, when it is completed', { state: 'completed' }, undefined],
    ['none, when it is unconfirmed: its job may still end well', { state: 'unconfirmed' }, undefined],
  ] as const)('is %s', (_name, change, attempt) => {
    expect(attemptNeeded(aRecord(1, change), noon, limits)).toBe(attempt);
  });

  test('is never needed for what is on its way, so a batch is not sent twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ImportRecord['state']>(...over, 'claimed', 'open'),
        fc.constantFrom(1, 2),
        fc.integer({ min: -200_000, max: 200_000 }),
        (state, attempt, offset) => {
          const record = aRecord(1, { state, attempt, until: noon + offset });
          const needed = attemptNeeded(record, noon, limits);
          if (isOnItsWay(record, noon, limits)) expect(needed).toBeUndefined();
          if (needed !== undefined) expect(needed === attempt || needed === attempt + 1).toBe(true);
          if (needed !== undefined) expect(needed).toBeLessThanOrEqual(2);
        },
      ),
    );
  });
});
