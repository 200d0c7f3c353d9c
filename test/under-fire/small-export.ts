// A small export in the app in memory: three people who fill different columns, so that each of them is a batch of their own.
import { connectionId, containerUrl, type AppInMemory } from '../support/app-in-memory';
import type { Run } from '../../shared/runs/run';

export const people = ['ann@example.com', 'bob@example.com', 'cleo@example.com'] as const;
const columns = ['Id', 'Email', 'First', 'Last'];
const rows = [`1,${people[0]},Ann,Bell`, `2,${people[1]},Bob,`, `3,${people[2]},,`];

const model = JSON.stringify({
  name: 'export',
  version: '1.0',
  entities: [
    {
      $type: 'LocalEntity',
      name: 'People',
      attributes: columns.map((name) => ({ name, dataType: 'string' })),
      partitions: [
        {
          name: 'People',
          location: `${containerUrl}/people.csv`,
          fileFormatSettings: { columnHeaders: true },
        },
      ],
    },
  ],
});

export const shard = 'people.csv';

/** Writes the segment's shard, with rows of one's own choice or the three people. */
export const writeShard = (app: Pick<AppInMemory, 'segments'>, lines: readonly string[] = rows) =>
  app.segments.write(shard, [columns.join(','), ...lines, ''].join('\n'), 'text/csv');

/** @returns the id of the export. */
export async function makeSmallExport(app: AppInMemory, lines?: readonly string[]): Promise<string> {
  await writeShard(app, lines);
  await app.segments.write('model.json', model, 'application/json');
  const { id } = await app.makeExport({
    connectionId,
    mapping: { email: 'Email', profileId: 'Id', fields: { first_name: 'First', last_name: 'Last' } },
    segments: ['People'],
  });
  return id;
}

/** The import jobs at Constant Contact, by batch and attempt, in the order in which they were accepted. */
export const jobsOf = (app: Pick<AppInMemory, 'constantContact'>): string[] =>
  app.constantContact.state(0).jobs.map(({ fileName = '' }) => /-(\d+-\d+)\.csv$/.exec(fileName)?.[1] ?? '');

/** How often each kind of request came. */
export function requestsOf(app: Pick<AppInMemory, 'constantContact'>): Record<string, number> {
  const { byKind } = app.constantContact.state(0).requests;
  const shortNames: Readonly<Record<string, string>> = {
    'GET /v3/contact_lists/{id}': 'list',
    'POST /v3/activities/contacts_file_import': 'import',
    'GET /v3/activities': 'jobs',
    'GET /v3/activities/{id}': 'job',
    'POST /oauth2/default/v1/token': 'token',
  };
  return Object.fromEntries(Object.entries(byKind).map(([kind, count]) => [shortNames[kind] ?? kind, count]));
}

export const membersOf = ({ constantContact, listId }: AppInMemory): string[] =>
  [...constantContact.members(listId)].map(({ address }) => address).sort();

/** What a run says: its status, the code of its reason, and the counts that are not 0. */
export const outcomeOf = ({ status, reason, counts }: Run) => ({
  status,
  reason: reason?.code ?? null,
  counts: counts && Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
});

export const successful = { status: 'Successful', reason: null, counts: { read: 3, accepted: 3 } };

/** `read = accepted + duplicate + rejected + refused + unconfirmed + notSent` */
export function addsUp({ counts }: Pick<Run, 'counts'>): boolean {
  if (!counts) return false;
  const { read, ...parts } = counts;
  return read === Object.values(parts).reduce((sum, count) => sum + count, 0);
}
