// Where import records are kept while a run is on: one row per batch in the run's partition of the table `imports`.
import type { Stored, Table } from '../platform/tables';
import { importRecordSchema, type ImportRecord } from './import-record';

const keyOf = (batch: number) => String(batch).padStart(6, '0');

export interface ImportStore {
  get(runId: string, batch: number): Promise<Stored<ImportRecord> | undefined>;
  all(runId: string): Promise<Stored<ImportRecord>[]>;
  /** @returns whether the record was still as `before` (`undefined`: absent) and is now `next`. */
  put(runId: string, before: Stored<ImportRecord> | undefined, next: ImportRecord): Promise<boolean>;
  remove(runId: string, batch: number): Promise<void>;
  removeAll(runId: string): Promise<void>;
}

export function makeImportStore(table: Table): ImportStore {
  const store: ImportStore = {
    get: (runId, batch) => table.get(importRecordSchema, runId, keyOf(batch)),
    all: (runId) => Array.fromAsync(table.all(importRecordSchema, runId)),
    put: (runId, before, next) =>
      table.change(runId, [
        before
          ? {
              kind: 'replace',
              rowKey: before.rowKey,
              value: importRecordSchema.parse(next),
              etag: before.etag,
            }
          : { kind: 'create', rowKey: keyOf(next.batch), value: importRecordSchema.parse(next) },
      ]),
    remove: (runId, batch) => table.remove(runId, keyOf(batch)),
    async removeAll(runId) {
      for (const { rowKey } of await store.all(runId)) await table.remove(runId, rowKey);
    },
  };
  return store;
}
