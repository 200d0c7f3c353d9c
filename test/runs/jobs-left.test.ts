// What has become of the jobs that a run left on their way.
import type { ImportJob } from '../../shared/constant-contact/schemas';
import type { ImportRecord } from '../../shared/runs/import-record';
import { jobsLeft } from '../../shared/runs/jobs-left';
import { fates } from '../../shared/runs/report';
import { aBatch, aJob, aManifest, aRecord, noon, runId } from './support/fixtures';

const settle = 60_000;
const settled = noon + settle;
/** Its request is over at noon. */
const look = (record: Partial<ImportRecord>, jobs: readonly Partial<ImportJob>[], now = settled) => {
  const acceptedAt = record.state === 'claimed' ? null : noon;
  const batches = fates(aManifest([aBatch(1)]), [aRecord(1, { acceptedAt, until: noon, ...record })]);
  const listed = jobs.map((job) => aJob(job));
  const { through, ...rest } = jobsLeft(runId, batches, listed, now, settle);
  return { ...rest, through: [...through].map(([batch, { id }]) => `${batch}: ${id}`) };
};
const nothing = { through: [], open: 0, lookAgainAt: settled };

describe.each(['open', 'unconfirmed', 'claimed'] as const)(
  'a job that was %s when the run ended',
  (state) => {
    test('and has completed since is through', () => {
      expect(look({ state }, [{ state: 'completed' }])).toEqual({ ...nothing, through: ['1: job-1'] });
    });

    test.each(['failed', 'timed_out', 'cancelled'] as const)('and is %s now is to be sent again', (end) => {
      expect(look({ state }, [{ state: end }])).toEqual(nothing);
    });

    test.each(['initialized', 'processing', 'unknown'] as const)(
      'and is %s is looked at again soon',
      (now) => {
        expect(look({ state }, [{ state: now }])).toEqual({
          ...nothing,
          open: 1,
          lookAgainAt: settled + 300_000,
        });
      },
    );

    test('and is not listed may show up for a while, and is then to be sent again', () => {
      expect(look({ state }, [], settled - 1)).toEqual({ ...nothing, open: 1 });
      expect(look({ state }, [])).toEqual(nothing);
    });
  },
);

test('a job is found by its id, or by the name of its file, and no other one', () => {
  const record = { state: 'open', jobId: 'job-9', attempt: 2 } as const;
  const others = [aJob({ id: 'job-1' }), aJob({ id: 'job-2', fileName: 'another.csv' })];
  expect(look(record, others)).toEqual(nothing);
  const byId = aJob({ id: 'job-9', fileName: undefined, state: 'completed' });
  expect(look(record, [...others, byId]).through).toEqual(['1: job-9']);
  const byName = aJob({ id: 'job-8', fileName: `${runId}-1-2.csv`, state: 'completed' });
  expect(look(record, [...others, byName]).through).toEqual(['1: job-8']);
});

test('of two jobs of one file, both have to end', () => {
  const [done, open] = [aJob({ state: 'completed' }), aJob({ id: 'job-2' })];
  expect(look({ state: 'open' }, [done, open])).toMatchObject({ through: [], open: 1 });
  expect(look({ state: 'open' }, [done, { ...open, state: 'failed' }]).through).toEqual(['1: job-1']);
});

test.each(['free', 'failed', 'completed'] as const)('of a batch that is %s no job is looked for', (state) => {
  expect(look({ state }, [{ state: 'processing' }])).toEqual(nothing);
});

test('a job is not waited for when the report is of before it said when the request was', () => {
  const [fate] = fates(aManifest([aBatch(1)]), [aRecord(1)]);
  expect(jobsLeft(runId, [{ ...fate!, sentBy: null }], [], noon, settle)).toMatchObject({ open: 0 });
});
