// A prepared run in memory, for the activities that come after: its row, its batch files, and the account that they go to.
import type { ConstantContact } from '../../../shared/constant-contact/client';
import type { Batch, Manifest } from '../../../shared/contacts/manifest';
import { manifestName } from '../../../shared/contacts/manifest';
import { makeImportStore } from '../../../shared/runs/import-store';
import { makeLeftovers } from '../../../shared/runs/leftovers';
import type { ImportRecord } from '../../../shared/runs/import-record';
import { folderOf, type Run } from '../../../shared/runs/run';
import { makeRunStore } from '../../../shared/runs/run-store';
import { makeJumpingClock } from '../../constant-contact/support/clocks';
import { makeRecordingLog } from '../../constant-contact/support/recording-log';
import { makeMemoryBlobs, type MemoryBlobsOptions } from '../../support/memory-blobs';
import { makeMemoryTable } from '../../support/memory-tables';
import { makeFakeAccount } from './fake-account';
import { aBatch, aManifest, aRun, noon, runId } from './fixtures';

export interface PreparedRunOptions {
  readonly run?: Partial<Run>;
  readonly batches?: readonly Batch[];
  readonly manifest?: Partial<Manifest>;
  readonly records?: readonly ImportRecord[];
  readonly blobs?: MemoryBlobsOptions;
}

export const claim = 120_000;
export const settle = 60_000;
export const requestTimeout = 60_000;
export const late = 3_600_000;

/** Addresses that a search finds wherever they went. */
export const addressOf = (batch: number, row: number): string => `person-${batch}-${row}@example.com`;

export async function makePreparedRun(options: PreparedRunOptions = {}) {
  const time = makeJumpingClock(noon);
  const logged = makeRecordingLog();
  const tables = { runs: makeMemoryTable(), imports: makeMemoryTable() };
  const files = makeMemoryBlobs(options.blobs);
  const account = makeFakeAccount();
  const runs = makeRunStore(tables.runs);
  const imports = makeImportStore(tables.imports);

  const batches = options.batches ?? [aBatch(1), aBatch(2)];
  const manifest = aManifest(batches, options.manifest);
  await files.create(manifestName(folderOf(runId)), JSON.stringify(manifest), 'application/json');
  for (const { number, blob, contacts } of batches) {
    const rows = Array.from({ length: contacts }, (_, index) => `${addressOf(number, index + 1)},Name\r\n`);
    await files.write(blob, `email,first_name\r\n${rows.join('')}`, 'text/csv');
  }
  await files.write(manifest.rejects, 'segment,shard,row,column,reason,profile_id,address\r\n', 'text/csv');
  await runs.start(aRun(options.run));
  for (const record of options.records ?? []) await imports.put(runId, undefined, record);

  const { clock } = time;
  const { log } = logged;
  const leftovers = makeLeftovers({ runs, imports, files, table: tables.runs, clock, log, late });

  const asked: string[] = [];
  const constantContact = (connectionId: string): ConstantContact => {
    asked.push(connectionId);
    return account;
  };
  return {
    time,
    logged,
    tables,
    files,
    account,
    runs,
    imports,
    manifest,
    /** The connections whose account was asked for. */
    asked,
    deps: { runs, imports, files, leftovers, constantContact, clock, log, retryPauses: [] },
    record: async (batch: number) => (await imports.get(runId, batch))?.value,
    run: async () => {
      const found = await runs.get(runId);
      if (!found) throw new Error('the run is gone');
      return found;
    },
  };
}

export type PreparedRun = Awaited<ReturnType<typeof makePreparedRun>>;
