// What an export is made of, and what a change of it does.
import {
  changedExport,
  draftOf,
  exportChangeSchema,
  exportDraftSchema,
  exportSchema,
  newExport,
} from '../../shared/exports/export';
import type { ExportSchedule } from '../../shared/schedule/schedule';
import { listId, noon } from '../runs/support/fixtures';

const ada = { id: 'tenant/ada', name: 'Ada' };
const grace = { id: 'tenant/grace', name: 'Grace' };
const at = (milliseconds: number) => new Date(noon + milliseconds).toISOString();
const times: ExportSchedule = { kind: 'times', times: ['06:30'], days: null, timeZone: 'UTC' };

const draft = exportDraftSchema.parse({
  name: ' Customers ',
  connectionId: 'main',
  listId: `https://app.constantcontact.com/lists/${listId}`,
  mapping: { email: 'Email' },
  segments: ['customers'],
});
const made = newExport(draft, { id: 'spring', listName: 'Everybody', by: ada, at: noon });

test('a draft needs no more than a name, a connection or none, a list, a mapping and segments', () => {
  expect(draft).toEqual({
    name: 'Customers',
    connectionId: 'main',
    listId,
    mapping: { email: 'Email', fields: {} },
    segments: ['customers'],
    schedule: { kind: 'with-refresh' },
    addressesInClear: false,
  });
});

test('a new export says who made it, and its data and times count from then on', () => {
  expect(exportSchema.parse(made)).toEqual({
    ...draft,
    id: 'spring',
    listName: 'Everybody',
    knownSince: at(0),
    scheduledSince: at(0),
    createdAt: at(0),
    createdBy: ada,
    updatedAt: at(0),
    updatedBy: ada,
  });
  expect(draftOf(made)).toEqual(draft);
});

describe('a change', () => {
  test('keeps what it does not name, and says who made it', () => {
    const change = exportChangeSchema.parse({ name: 'Clients' });
    expect(changedExport(made, change, { by: grace, at: noon + 5 })).toEqual({
      ...made,
      name: 'Clients',
      knownSince: at(5),
      updatedAt: at(5),
      updatedBy: grace,
    });
  });

  test('that names nothing is a save all the same', () => {
    expect(changedExport(made, exportChangeSchema.parse({}), { by: grace, at: noon + 5 })).toMatchObject({
      knownSince: at(5),
      scheduledSince: at(0),
    });
  });

  test('brings no default with it', () => {
    expect(exportChangeSchema.parse({ name: 'Clients' })).toEqual({ name: 'Clients' });
    expect(exportChangeSchema.safeParse({ id: 'other' }).success).toBe(false);
  });

  test.each([
    ['of the schedule', made, { schedule: times }, at(5)],
    ['to the same schedule', made, { schedule: { kind: 'with-refresh' } as const }, at(0)],
    ['that attaches a connection', { ...made, connectionId: null }, { connectionId: 'main' }, at(5)],
    ['to another connection', made, { connectionId: 'other' }, at(0)],
    ['that detaches it', made, { connectionId: null }, at(0)],
  ])('%s says from when on due times count', (_name, before, change, since) => {
    expect(changedExport(before, change, { by: grace, at: noon + 5 }).scheduledSince).toBe(since);
  });

  test('is later than the one before it, whatever the clock says', () => {
    const again = changedExport(made, {}, { by: grace, at: noon });
    expect(again.knownSince).toBe(at(1));
    expect(changedExport(again, {}, { by: grace, at: noon - 1_000 }).knownSince).toBe(at(2));
  });
});

test.each<[string, Record<string, unknown>]>([
  ['a segment twice', { segments: ['customers', 'customers'] }],
  ['no segment', { segments: [] }],
  ['26 segments', { segments: Array.from({ length: 26 }, (_, index) => `s${index}`) }],
  ['a blank name', { name: ' ' }],
  ['no connection named', { connectionId: undefined }],
  ['what is no list', { listId: 'Everybody' }],
  ['no column for the address', { mapping: { fields: {} } }],
  ['what nobody knows', { color: 'red' }],
])('a draft is refused with %s', (_name, change) => {
  expect(exportDraftSchema.safeParse({ ...draft, ...change }).success).toBe(false);
});
