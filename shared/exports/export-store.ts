// Where exports are kept: one row each, in one partition of the table `exports`.
import type { Table } from '../platform/tables';
import { exportSchema, type Export } from './export';

const partition = 'export';

export interface ExportStore {
  get(id: string): Promise<Export | undefined>;
  /** @throws when there is an export of that id. */
  create(value: Export): Promise<void>;
  list(): AsyncIterable<Export>;
}

export function makeExportStore(table: Table): ExportStore {
  return {
    async get(id) {
      return (await table.get(exportSchema, partition, id))?.value;
    },
    async create(value) {
      const row = exportSchema.parse(value);
      if (!(await table.change(partition, [{ kind: 'create', rowKey: row.id, value: row }]))) {
        throw new Error(`there is an export ${row.id} already`);
      }
    },
    async *list() {
      for await (const { value } of table.all(exportSchema, partition)) yield value;
    },
  };
}
