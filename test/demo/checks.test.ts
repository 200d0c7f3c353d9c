// The demo's own judgement: it passes a run that did everything right, and finds each way of doing it wrong.
import type { OrchestrationHandler } from 'durable-functions';
import type { EmulatorState, Member } from '../emulators/constant-contact/inspection';
import { makeSample } from '../sample/sample';
import type { Run, RunCounts } from './app-api';
import { checkCounts, checkList, checkRejects, checkReplay } from './checks';

const sample = makeSample({ profiles: 1000, shards: 2 });
const expected = sample.expected();

const goodCounts: RunCounts = {
  read: expected.counts.read,
  accepted: expected.counts.accepted,
  duplicate: expected.counts.duplicate,
  rejected: expected.counts.rejected,
  refused: expected.counts.refused,
  unconfirmed: 0,
  notSent: 0,
};
const goodRun: Run = {
  id: 'run',
  status: 'Completed with warnings',
  reason: null,
  warnings: [],
  endedAt: '2024-09-17T12:00:00.000Z',
  progress: null,
  counts: goodCounts,
  rejectedByReason: {
    'address-at-sign': 2,
    'address-space': 1,
    'address-comma': 1,
    'address-bracket': 1,
    'address-control-character': 1,
    'address-too-long': 1,
    'address-domain': 1,
    'address-blank': 2,
    'wrong-width': 1,
  },
};

const failed = (checks: readonly { what: string; passed: boolean }[]) =>
  checks.filter(({ passed }) => !passed).map(({ what }) => what);

test('a run with the right counts passes; each wrong one is found', () => {
  expect(failed(checkCounts(expected, goodRun))).toEqual([]);
  expect(failed(checkCounts(expected, { ...goodRun, status: 'Failed' }))).toEqual([
    'the run went to its end',
  ]);
  expect(failed(checkCounts(expected, { ...goodRun, counts: null }))).toEqual(['the counts']);
  for (const name of Object.keys(goodCounts) as (keyof RunCounts)[]) {
    const counts = { ...goodCounts, [name]: goodCounts[name] + 1 };
    expect(failed(checkCounts(expected, { ...goodRun, counts }))).toEqual(['the counts']);
  }
  const rejectedByReason = { ...goodRun.rejectedByReason, 'address-space': 0 };
  expect(failed(checkCounts(expected, { ...goodRun, rejectedByReason }))).toEqual([
    'the reasons of the rejected',
  ]);
});

const rejectLines = expected.rejects.map(
  ({ segment, blob, row, profileId }) =>
    `${segment},${blob.slice(sample.prefix.length + 1)},${row},EMail,why,${profileId ?? ''},x***`,
);
const rejectsFile = (lines: readonly string[]) =>
  `\ufeff${['segment,shard,row,column,reason,profile_id,address', ...lines].join('\r\n')}\r\n`;

test('a rejects file that names exactly the rejected rows passes; one too few, too many, twice, or another row is found', () => {
  const passes = (lines: readonly string[]) =>
    checkRejects(expected, rejectsFile(lines), sample.prefix).passed;
  const [first = '', ...others] = rejectLines;
  expect(passes(rejectLines)).toBe(true);
  expect(passes(others)).toBe(false);
  expect(passes([...rejectLines, first])).toBe(false);
  expect(passes([...others, first.replace(/,(\d+),EMail/, ',9$1,EMail')])).toBe(false);
});

const member = (
  address: string,
  fields: Record<string, string> = {},
  status: Member['status'] = 'active',
): Member => ({
  address,
  status,
  fields,
});
const everybody = [...expected.people].map(([address, values]) => member(address, { ...values }));
const quiet = { violations: [], oversize: [], blankCells: 0 } as unknown as EmulatorState;
const listChecks = (members: readonly Member[], state: Partial<EmulatorState> = {}) =>
  checkList(
    expected,
    sample.unsubscribed,
    { members: () => members, state: () => ({ ...quiet, ...state }) },
    'list',
  );

test('a list of exactly the right people passes; each kind of difference is found', () => {
  const [first, ...others] = everybody as [Member, ...Member[]];
  const wrongList = [expect.stringMatching(/^the list/)];
  expect(failed(listChecks(everybody))).toEqual([]);
  expect(failed(listChecks(others))).toEqual(wrongList);
  expect(failed(listChecks([...everybody, member('a@stranger.example')]))).toEqual(wrongList);
  expect(failed(listChecks([...everybody, first]))).toEqual(wrongList);
  expect(
    failed(listChecks([...others, member(first.address, { ...first.fields, first_name: 'Other' })])),
  ).toEqual(wrongList);
  expect(failed(listChecks([...others, { ...first, status: 'unsubscribed' }]))).toEqual(wrongList);
});

test('somebody who had unsubscribed on the list, and a broken limit, are found', () => {
  const [unsubscribed = ''] = sample.unsubscribed;
  expect(failed(listChecks([...everybody, member(unsubscribed)]))).toHaveLength(2);
  const violations = [{}] as unknown as EmulatorState['violations'];
  expect(failed(listChecks(everybody, { violations }))).toEqual(["Constant Contact's limits"]);
  expect(failed(listChecks(everybody, { blankCells: 1 }))).toEqual(["Constant Contact's limits"]);
});

test('an orchestration that is replayed as it was passes; one that decides otherwise the next time is found', async () => {
  const event = (EventType: number, rest: object = {}) => ({
    EventType,
    EventId: -1,
    IsPlayed: false,
    Timestamp: '2026-03-01T12:00:00.000Z',
    ...rest,
  });
  const history = [
    event(12),
    event(0, { Name: 'some', Input: 'null', OrchestrationInstance: { InstanceId: 'one' } }),
    event(4, { EventId: 0, Name: 'open' }),
    event(13),
    event(12),
    event(5, { TaskScheduledId: 0, Result: 'null' }),
    event(13),
  ];
  const steady: OrchestrationHandler = function* (context) {
    yield context.df.callActivity('open', {});
  };
  let times = 0;
  const moody: OrchestrationHandler = function* (context) {
    times += 1;
    yield context.df.callActivity('open', { times });
  };
  expect((await checkReplay(history, steady)).passed).toBe(true);
  const { passed, faults } = await checkReplay(history, moody);
  expect(passed).toBe(false);
  expect(faults).toHaveLength(1);
});
