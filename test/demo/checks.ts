// Whether the run did what the sample says it must: the counts, the rejects file row by row, the list person by person; and whether
// its orchestration can be replayed.
import type { OrchestrationHandler } from 'durable-functions';
import { parse } from 'csv-parse/sync';
import type { ConstantContactEmulator } from '../emulators/constant-contact/emulator';
import type { EmulatorState } from '../emulators/constant-contact/inspection';
import type { Expected } from '../sample/expected';
import type { RejectionKind } from '../sample/rows';
import { replayEveryTurn, type HistoryEvent } from '../support/replay';
import type { Run } from './app-api';
import { compare, isSame, type Values } from './compare';

export interface Check {
  readonly what: string;
  readonly passed: boolean;
  /** What was found otherwise, in lines. */
  readonly faults: readonly string[];
}

/** The app's word for what the sample did to a row. */
const reasonOf: Readonly<Record<RejectionKind, string>> = {
  'no-at': 'address-at-sign',
  'several-at': 'address-at-sign',
  space: 'address-space',
  comma: 'address-comma',
  bracket: 'address-bracket',
  'control-character': 'address-control-character',
  'too-long': 'address-too-long',
  'no-dot-in-domain': 'address-domain',
  blank: 'address-blank',
  'wrong-width': 'wrong-width',
};

const check = (what: string, faults: readonly string[]): Check => ({
  what,
  passed: faults.length === 0,
  faults,
});

const strings = (numbers: Readonly<Record<string, number>>): Values =>
  Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, String(number)]));

function checkNumbers(
  what: string,
  expected: Readonly<Record<string, number>>,
  actual: Readonly<Record<string, number>> | null,
): Check {
  const pairs = (numbers: Readonly<Record<string, number>>) =>
    new Map(Object.entries(strings(numbers)).map(([name, value]) => [name, { value }]));
  return check(what, compare(pairs(expected), pairs(actual ?? {})).examples);
}

export function checkCounts({ counts, rejectedByKind }: Expected, run: Run): Check[] {
  const { read, accepted, duplicate, rejected, refused } = counts;
  const byReason: Record<string, number> = {};
  for (const [kind, count] of Object.entries(rejectedByKind) as [RejectionKind, number][]) {
    byReason[reasonOf[kind]] = (byReason[reasonOf[kind]] ?? 0) + count;
  }
  return [
    check('the run went to its end', run.status === 'Completed with warnings' ? [] : [`it is ${run.status}`]),
    checkNumbers(
      'the counts',
      { read, accepted, duplicate, rejected, refused, unconfirmed: 0, notSent: 0 },
      run.counts,
    ),
    checkNumbers('the reasons of the rejected', byReason, run.rejectedByReason),
  ];
}

interface RejectLine {
  readonly segment: string;
  readonly shard: string;
  readonly row: string;
  readonly profile_id: string;
}

/** Every rejected row is named, by segment, shard, row and profile, and no other one. `prefix` is the folder of the export. */
export function checkRejects({ rejects }: Expected, file: string, prefix: string): Check {
  const key = (segment: string, shard: string, row: number | string) => `${segment} ${shard} row ${row}`;
  const expected = new Map(
    rejects.map(({ segment, blob, row, profileId }) => [
      key(segment, blob.slice(prefix.length + 1), row),
      { profile: profileId ?? '' },
    ]),
  );
  const lines = parse(file, { columns: true, bom: true }) as unknown as RejectLine[];
  const actual = new Map(
    lines.map((line) => [key(line.segment, line.shard, line.row), { profile: line.profile_id }]),
  );
  const twice = lines.length - actual.size;
  const { examples } = compare(expected, actual);
  return check(
    'the rejects file, row by row',
    twice > 0 ? [...examples, `${twice} rows are named twice`] : examples,
  );
}

/** Exactly the expected people with exactly the expected values, nobody who had unsubscribed, and no limit broken on the way. */
export function checkList(
  { people }: Expected,
  unsubscribed: readonly string[],
  constantContact: Pick<ConstantContactEmulator, 'members' | 'state'>,
  listId: string,
): Check[] {
  const members = new Map<string, Values>();
  const faults: string[] = [];
  for (const { address, status, fields } of constantContact.members(listId)) {
    if (members.has(address)) faults.push(`${address} is on the list twice`);
    if (status !== 'active') faults.push(`${address} is ${status}`);
    members.set(address, fields);
  }
  const comparison = compare(people as ReadonlyMap<string, Values>, members);
  if (!isSame(comparison)) {
    faults.push(
      `missing ${comparison.missing}, unexpected ${comparison.unexpected}, different ${comparison.different}; the first are:`,
      ...comparison.examples,
    );
  }
  const state = constantContact.state(0);
  const { violations } = state;
  return [
    check(`the list, person by person (${members.size})`, faults),
    check(
      'who had unsubscribed stays off the list',
      unsubscribed.filter((address) => members.has(address)).map((address) => `${address} is on the list`),
    ),
    check("Constant Contact's limits", [
      ...(violations.length > 0 ? [`${violations.length} requests were over a limit`] : []),
      ...faultsOfFiles(state),
    ]),
  ];
}

/** Of a file that is too big Constant Contact drops the rest in silence; what a blank cell does to a value, it does not say. */
export function faultsOfFiles({
  oversize,
  blankCells,
}: Pick<EmulatorState, 'oversize' | 'blankCells'>): string[] {
  return [
    oversize.length > 0 && `${oversize.length} files were too big`,
    blankCells > 0 && `${blankCells} cells were blank`,
  ].filter((fault) => fault !== false);
}

/** The orchestration is run again from its history, as the host does after a crash, as if it had happened after each of its turns. */
export async function checkReplay(
  history: readonly HistoryEvent[],
  orchestrator: OrchestrationHandler,
): Promise<Check> {
  const what = 'the orchestration decides the same at every replay';
  try {
    await replayEveryTurn(history, orchestrator);
    return check(what, []);
  } catch (error) {
    return check(what, [error instanceof Error ? error.message : String(error)]);
  }
}
