// What a test or a person can see of the emulator that Constant Contact itself would not show.
import type { Account } from './account';
import { stateOf, type Counters, type JobState } from './jobs';
import type { Gate, Violation } from './limits';
import type { Person } from './people';
import type { LoggedRequest, RequestLog } from './request-log';

export type Member = Pick<Person, 'address' | 'status' | 'fields'>;

export interface JobView {
  readonly id: string;
  readonly kind: 'import' | 'list-delete';
  readonly fileName?: string;
  readonly state: JobState;
  readonly listIds: readonly string[];
  readonly header: readonly string[];
  /** Contacts in what was read of the file. */
  readonly contacts: number;
  readonly dropped: { readonly bytes: number; readonly contacts: number };
  readonly createdAt: number;
  readonly endedAt?: number;
  readonly counters?: Counters;
  readonly duplicates: number;
  readonly blankCells: number;
  readonly overLength: number;
}

export interface ListView {
  readonly id: string;
  readonly name: string;
  readonly deleted: boolean;
  readonly memberCount: number;
  /** The first of them only, as many as were asked for. */
  readonly members: readonly Member[];
}

export interface EmulatorState {
  readonly contacts: number;
  readonly lists: readonly ListView[];
  readonly customFields: readonly { readonly name: string; readonly label: string; readonly type: string }[];
  readonly jobs: readonly JobView[];
  readonly requests: {
    readonly total: number;
    readonly byKind: Readonly<Record<string, number>>;
    readonly log: readonly LoggedRequest[];
  };
  readonly usage: readonly {
    readonly clientId: string;
    readonly requestsToday: number;
    readonly mostInOneSecond: number;
  }[];
  /** Every request that broke a limit, when it arrived. */
  readonly violations: readonly Violation[];
  /** Blank cells in all files that were imported. */
  readonly blankCells: number;
  readonly overLength: number;
  /** Files of which something was dropped in silence. */
  readonly oversize: readonly { readonly jobId: string; readonly bytes: number; readonly contacts: number }[];
  /** The most jobs within 24 hours that held one person; counted since the start. More than five flag the address. */
  readonly maxJobsPerPerson: number;
  readonly flagged: number;
}

export interface Inspected {
  readonly account: Account;
  readonly gate: Gate;
  readonly log: RequestLog;
}

export function inspect({ account, gate, log }: Inspected, now: number, mostMembers: number): EmulatorState {
  const jobs = account.jobs.all().map((job): JobView => ({
    id: job.id,
    kind: job.kind,
    ...(job.fileName !== undefined && { fileName: job.fileName }),
    state: stateOf(job, now),
    listIds: job.listIds,
    header: job.header,
    contacts: job.contacts,
    dropped: job.dropped,
    createdAt: job.createdAt,
    ...(job.ended && { endedAt: job.ended.at, counters: job.ended.counters }),
    duplicates: job.result?.duplicates ?? 0,
    blankCells: job.result?.blankCells ?? 0,
    overLength: job.result?.overLength ?? 0,
  }));
  const sum = (pick: (job: JobView) => number) => jobs.reduce((total, job) => total + pick(job), 0);
  return {
    contacts: account.people.size,
    lists: account.lists.all().map((list) => ({
      id: list.id,
      name: list.name,
      deleted: list.deletedAt !== undefined,
      memberCount: account.people.countMembers(list.id),
      members: [...take(members(account, list.id), mostMembers)],
    })),
    customFields: account.fields.all().map(({ name, label, type }) => ({ name, label, type })),
    jobs,
    requests: { ...log.summary(), log: [...log.recent()] },
    usage: gate.usage(),
    violations: [...gate.violations],
    blankCells: sum((job) => job.blankCells),
    overLength: sum((job) => job.overLength),
    oversize: jobs
      .filter(({ dropped }) => dropped.bytes > 0 || dropped.contacts > 0)
      .map(({ id, dropped }) => ({ jobId: id, ...dropped })),
    ...account.touches.summary(),
  };
}

/** Everybody on a list; `search` keeps those whose address holds it. */
export function* members(account: Account, listId: string, search = ''): Generator<Member> {
  for (const number of account.people.members(listId)) {
    const { address, status, fields } = account.people.person(number);
    if (address.includes(search)) yield { address, status, fields };
  }
}

export function* take<T>(items: Iterable<T>, most: number): Generator<T> {
  let count = 0;
  if (most <= 0) return;
  for (const item of items) {
    yield item;
    if (++count >= most) return;
  }
}
