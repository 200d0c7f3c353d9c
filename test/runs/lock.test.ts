// What is remembered of an export's runs when one has ended.
import { isOvertaken, lockAfter, noLock, type Lock } from '../../shared/runs/lock';
import type { Run, Status } from '../../shared/runs/run';
import { aRun, noon, runId } from './support/fixtures';

const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();
const counts = { read: 5, accepted: 0, duplicate: 0, rejected: 0, refused: 0, unconfirmed: 0, notSent: 5 };
const ended = (status: Status, change: Partial<Run> = {}): Run =>
  aRun({ status, endedAt: at(1), fingerprint: 'f1', batchesLeft: 0, ...change });
const held: Lock = { ...noLock, runId };

describe('what was sent, all of it,', () => {
  test.each(['Successful', 'Completed with warnings'] as const)(
    'is that of a run that ended as %s',
    (status) => {
      expect(lockAfter(held, ended(status)).sentAll).toBe('f1');
    },
  );

  test.each<[string, Run]>([
    ['left a batch', ended('Completed with warnings', { batchesLeft: 1 })],
    ['failed', ended('Failed')],
    ['was canceled', ended('Canceled')],
    ['was never prepared', ended('Failed', { batchesLeft: null })],
  ])('is nothing after a run that %s', (_what, run) => {
    expect(lockAfter({ ...held, sentAll: 'f0' }, run).sentAll).toBeNull();
  });

  test('stays after one that was skipped', () => {
    expect(lockAfter({ ...held, sentAll: 'f0' }, ended('Skipped')).sentAll).toBe('f0');
  });
});

describe('whether the export fails', () => {
  const told = (failing: boolean, status: Status) => {
    const { failing: after, untold } = lockAfter({ ...held, failing }, ended(status));
    return [after, untold?.what ?? null];
  };
  test.each<[boolean, Status, boolean, string | null]>([
    [false, 'Failed', true, 'failed-for-good'],
    [true, 'Failed', true, null],
    [true, 'Successful', false, 'recovered'],
    [true, 'Completed with warnings', false, 'recovered'],
    [false, 'Successful', false, null],
    [true, 'Canceled', true, null],
    [true, 'Skipped', true, null],
    [false, 'Canceled', false, null],
  ])(
    'failing before: %s; after a run that ended as %s: %s; to be told: %s',
    (failing, status, after, what) => {
      expect(told(failing, status)).toEqual([after, what]);
    },
  );

  test('what has not been told yet is not forgotten by a run that changes nothing', () => {
    const untold = { runId: 'another', what: 'failed-for-good' } as const;
    expect(lockAfter({ ...held, failing: true, untold }, ended('Failed')).untold).toEqual(untold);
  });
});

describe('a run is overtaken', () => {
  const earlier = { id: runId, endedAt: at(1) };
  const after = (id: string, minutes: number, sent: number) =>
    lockAfter(
      { ...held, lastSent: { runId, endedAt: at(1) } },
      aRun({ id, status: 'Failed', endedAt: at(minutes), counts: { ...counts, accepted: sent } }),
    );
  test('by a later one that has sent something', () => {
    expect(isOvertaken(after('spring-20260301130000-bbbbbbbbbbbb', 5, 1), earlier)).toBe(true);
  });

  test('not by one that has sent nothing, by itself, or when nothing was ever sent', () => {
    expect(isOvertaken(after('spring-20260301130000-bbbbbbbbbbbb', 5, 0), earlier)).toBe(false);
    expect(isOvertaken(after(runId, 1, 3), earlier)).toBe(false);
    expect(isOvertaken(noLock, earlier)).toBe(false);
  });

  test('not by one that had ended before', () => {
    expect(isOvertaken({ ...noLock, lastSent: { runId: 'before', endedAt: at(0) } }, earlier)).toBe(false);
  });
});
