// The page to look inside: lists and their members, jobs, requests. Nothing on it comes from elsewhere.
import { document, escape, table } from './html';
import type { EmulatorState, Member } from './inspection';

export interface Shown {
  readonly state: EmulatorState;
  readonly list?: { readonly id: string; readonly name: string; readonly members: readonly Member[] };
  readonly search: string;
}

const time = (milliseconds: number | undefined) =>
  milliseconds === undefined ? '' : new Date(milliseconds).toISOString().replace('T', ' ').slice(0, 19);
const text = (value: string | number) => escape(String(value));

const mostRequests = 100;

export function inspectionPage({ state, list, search }: Shown): string {
  const lists = state.lists.map(({ id, name, deleted, memberCount }) => [
    `<a href="/?list=${encodeURIComponent(id)}">${escape(name)}</a>${deleted ? ' (deleted)' : ''}`,
    text(memberCount),
    text(id),
  ]);
  const jobs = [...state.jobs]
    .reverse()
    .map((job) => [
      text(job.fileName ?? job.kind),
      text(job.state),
      text(job.contacts),
      text(job.header.join(', ')),
      text(countersText(job.counters)),
      text(time(job.createdAt)),
      text(time(job.endedAt)),
    ]);
  const requests = state.requests.log
    .slice(-mostRequests)
    .reverse()
    .map(({ at, method, path, status }) => [
      text(time(at)),
      text(method),
      text(path),
      status === 0 ? 'dropped' : text(status),
    ]);
  const health = [
    ['Limits broken', state.violations.length],
    ['Blank cells', state.blankCells],
    ['Files over a limit', state.oversize.length],
    ['Most jobs that held one person', state.maxJobsPerPerson],
    ['Requests', state.requests.total],
  ].map(([name, value]) => [text(name!), text(value!)]);
  return document(
    'Constant Contact (emulator)',
    `<h1>Constant Contact (emulator)</h1><p>${text(state.contacts)} contacts. Times are in UTC.</p>
${table(['What', 'How many'], health)}
<h2>Lists</h2>${table(['Name', 'Members', 'Id'], lists)}
${list ? membersOf(list, search) : ''}
<h2>Jobs</h2>${table(['File', 'State', 'Contacts', 'Columns', 'Counters', 'Accepted', 'Ended'], jobs)}
<h2>Requests (the last ${mostRequests})</h2>${table(['Time', 'Method', 'Path', 'Status'], requests)}`,
  );
}

const countersText = (counters: EmulatorState['jobs'][number]['counters']) =>
  Object.entries(counters ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function membersOf(list: NonNullable<Shown['list']>, search: string): string {
  const rows = list.members.map(({ address, fields }) => [
    text(address),
    text(
      Object.entries(fields)
        .map(([name, value]) => `${name}: ${value}`)
        .join('; '),
    ),
  ]);
  return `<h2>Members of ${escape(list.name)}</h2>
<form method="get" action="/"><input type="hidden" name="list" value="${escape(list.id)}">
<label>Address holds <input name="search" value="${escape(search)}"></label> <button>Search</button></form>
<p>The first ${list.members.length}.</p>${table(['Address', 'Fields'], rows)}`;
}
