// What starts an export's runs: the rule, and what people are told of it.
import { governing, isScheduled, nextRunAt, type Scheduled } from '../../shared/schedule/governing';
import type { Refresh } from '../../shared/schedule/refresh-schedule';
import type { ExportSchedule, RefreshSchedule, Times } from '../../shared/schedule/schedule';

const saved = '2026-03-01T10:00:00.000Z';
const scheduled = '2026-03-01T09:00:00.000Z';
const before = '2026-03-01T08:00:00.000Z';
const after = '2026-03-01T11:00:00.000Z';
const noon = Date.parse('2026-03-01T12:00:00Z');

const times: Times & { kind: 'times' } = { kind: 'times', times: ['18:00'], days: null, timeZone: 'UTC' };
const wanted = (schedule: ExportSchedule, connectionId: string | null = 'main'): Scheduled => ({
  connectionId,
  schedule,
  knownSince: saved,
  scheduledSince: scheduled,
});
const refresh = (schedule: RefreshSchedule, changedAt: string | null = before): Refresh => ({
  schedule,
  changedAt,
  changedBy: null,
});
const withRefresh = wanted({ kind: 'with-refresh' });

test.each<[string, Scheduled, Refresh, ReturnType<typeof governing>]>([
  [
    'new data since the last save',
    withRefresh,
    refresh({ kind: 'new-data' }),
    { kind: 'new-data', since: saved },
  ],
  [
    'new data, though nobody set it',
    withRefresh,
    refresh({ kind: 'new-data' }, null),
    { kind: 'new-data', since: saved },
  ],
  [
    'new data since the refresh was set to it',
    withRefresh,
    refresh({ kind: 'new-data' }, after),
    { kind: 'new-data', since: after },
  ],
  [
    'all new data, where nobody knows of a save',
    { ...withRefresh, knownSince: null },
    refresh({ kind: 'new-data' }, null),
    { kind: 'new-data', since: null },
  ],
  [
    'times of the refresh since the schedule was set',
    withRefresh,
    refresh(times),
    { kind: 'times', trigger: 'refresh', times, since: scheduled },
  ],
  [
    'times of the refresh since it was set',
    withRefresh,
    refresh(times, after),
    { kind: 'times', trigger: 'refresh', times, since: after },
  ],
  [
    'its own times, whatever the refresh is',
    wanted(times),
    refresh({ kind: 'off' }, after),
    { kind: 'times', trigger: 'schedule', times, since: scheduled },
  ],
  ['nothing, when the refresh is off', withRefresh, refresh({ kind: 'off' }), { kind: 'nothing' }],
  ['nothing, when it is off', wanted({ kind: 'off' }), refresh({ kind: 'new-data' }), { kind: 'nothing' }],
  ['nothing, without a connection', wanted(times, null), refresh({ kind: 'new-data' }), { kind: 'nothing' }],
])('an export is run by %s', (_name, export_, deployment, expected) => {
  expect(governing(export_, deployment)).toEqual(expected);
  expect(isScheduled(export_, deployment)).toBe(expected.kind !== 'nothing');
});

test('the next run is told where a time tells it', () => {
  expect(nextRunAt(wanted(times), refresh({ kind: 'new-data' }), noon)).toBe('2026-03-01T18:00:00.000Z');
  expect(nextRunAt(withRefresh, refresh(times), noon + 6 * 3_600_000)).toBe('2026-03-02T18:00:00.000Z');
  expect(nextRunAt(withRefresh, refresh({ kind: 'new-data' }), noon)).toBeNull();
  expect(nextRunAt(wanted({ kind: 'off' }), refresh(times), noon)).toBeNull();
});
