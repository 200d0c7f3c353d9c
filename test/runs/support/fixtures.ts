// Things of a run, valid as they are; a test names only what it is about.
import type { Connection } from '../../../shared/connections/connection';
import type { ImportJob } from '../../../shared/constant-contact/schemas';
import type { Batch, Manifest } from '../../../shared/contacts/manifest';
import type { Export } from '../../../shared/exports/export';
import type { ImportRecord } from '../../../shared/runs/import-record';
import { runSchema, type Run } from '../../../shared/runs/run';
import type { Segment } from '../../../shared/segments/segment';

export const noon = Date.parse('2026-03-01T12:00:00Z');
export const runId = 'spring-20260301120000-abcdefghij23';
export const listId = '5f0c1b52-6a0e-4b1f-8d39-5c2b6e0a9f11';

export const aRun = (change: Partial<Run> = {}): Run =>
  runSchema.parse({
    id: runId,
    exportId: 'spring',
    exportName: 'Spring customers',
    connectionId: 'main',
    listId,
    segments: ['customers'],
    trigger: { kind: 'on-demand', by: 'tenant/person', name: 'Ada' },
    status: 'Processing',
    cancelRequested: false,
    createdAt: new Date(noon).toISOString(),
    startedAt: new Date(noon).toISOString(),
    endedAt: null,
    pointers: {},
    reason: null,
    warnings: [],
    counts: null,
    rejectedByReason: null,
    cutByField: null,
    rejects: null,
    ...change,
  });

export const anExport = (change: Partial<Export> = {}): Export => ({
  id: 'spring',
  name: 'Spring customers',
  connectionId: 'main',
  listId,
  listName: 'Customers',
  mapping: { email: 'Email', fields: { first_name: 'FirstName' } },
  segments: ['customers'],
  schedule: { kind: 'with-refresh' },
  addressesInClear: false,
  knownSince: null,
  scheduledSince: null,
  createdAt: new Date(noon).toISOString(),
  createdBy: { id: 'tenant/person', name: 'Ada' },
  updatedAt: new Date(noon).toISOString(),
  updatedBy: { id: 'tenant/person', name: 'Ada' },
  ...change,
});

const ada = { id: 'tenant/ada', name: 'Ada' };

export const aConnection = (change: Partial<Connection> = {}): Connection => ({
  id: 'main',
  name: 'Main account',
  sharedWith: 'administrators-and-contributors',
  consent: { version: '1', acceptedAt: new Date(noon).toISOString(), acceptedBy: ada },
  account: null,
  exportUser: null,
  contactLimit: null,
  createdAt: new Date(noon).toISOString(),
  createdBy: ada,
  updatedAt: new Date(noon).toISOString(),
  updatedBy: ada,
  removing: null,
  ...change,
});

export const aBatch = (number: number, change: Partial<Batch> = {}): Batch => ({
  number,
  wave: 0,
  blob: `${runId}/e1/batch-${String(number).padStart(6, '0')}.csv`,
  contacts: 10,
  bytes: 400,
  columns: ['email', 'first_name'],
  ...change,
});

/** A manifest of these batches in which all contacts of wave 0 were read, and nothing else. */
export function aManifest(batches: readonly Batch[], change: Partial<Manifest> = {}): Manifest {
  const contacts = batches.filter(({ wave }) => wave === 0).reduce((sum, batch) => sum + batch.contacts, 0);
  const counts = { read: contacts, contacts, duplicate: 0, rejected: 0 };
  return {
    runId,
    execution: 'e1',
    counts,
    segments: [{ name: 'customers', counts }],
    rejectedByReason: {},
    cutByField: {},
    addressesInClear: false,
    batches: [...batches],
    rejects: `${runId}/e1/rejects.csv`,
    ...change,
  };
}

export const aRecord = (batch: number, change: Partial<ImportRecord> = {}): ImportRecord => ({
  batch,
  attempt: 1,
  state: 'open',
  tries: 1,
  owner: 'somebody',
  until: noon + 120_000,
  jobId: `job-${batch}`,
  acceptedAt: noon,
  ended: null,
  counters: null,
  ...change,
});

export const noCounters = { errorCount: 0, correctableCount: 0, cannotAddToListCount: 0 };

export const aJob = (change: Partial<ImportJob> = {}): ImportJob => ({
  id: 'job-1',
  state: 'processing',
  fileName: `${runId}-1-1.csv`,
  createdAt: '2026-03-01T12:00:01Z',
  counters: {
    errors: undefined,
    correctable: undefined,
    cannotAddToList: undefined,
  },
  errors: [],
  ...change,
});

export const aSegment = (name: string, change: Partial<Segment> = {}): Segment => ({
  name,
  columns: ['CustomerId', 'Email', 'FirstName'],
  shards: [
    {
      segment: name,
      name: `${name}_1.csv`,
      blob: `ci/${name}/${name}_1.csv`,
      etag: '"1"',
      bytes: 1_000,
      columns: ['CustomerId', 'Email', 'FirstName'],
      dialect: { delimiter: ',', quotes: 'always', backslashEscapes: false, header: true, encoding: 'utf-8' },
    },
  ],
  pointer: `pointer-of-${name}`,
  lastRefreshed: new Date(noon - 3_600_000).toISOString(),
  ...change,
});
