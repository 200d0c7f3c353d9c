// Where exports are kept: one row each, in one partition of the table `exports`.
import { writeRow, type Page, type Stored, type Table } from '../platform/tables';
import { exportSchema, type Export } from './export';

const partition = 'export';

/** What the key of an export looks like, for cursors. */
export const exportKey = /^[a-z0-9]{3,32}$/;

export interface ExportStore {
  get(id: string): Promise<Stored<Export> | undefined>;
  /** @throws when there is an export of that id. */
  create(value: Export): Promise<void>;
  /** @returns what is stored now; `undefined` when somebody else changed or removed it since `etag`. */
  change(value: Export, etag: string): Promise<Stored<Export> | undefined>;
  /**
   * Removes it; what its schedule remembered goes with the next tick, and its runs stay until they are old.
   * @returns false when somebody else changed or removed it since `etag`.
   */
  remove(id: string, etag: string): Promise<boolean>;
  /** By id. What a page costs does not depend on how many exports there are. `start` is the key at which it begins. */
  page(asked: { readonly limit: number; readonly start?: string | undefined }): Promise<Page<Export>>;
  list(): AsyncIterable<Export>;
}

export function makeExportStore(table: Table): ExportStore {
  const get: ExportStore['get'] = (id) => table.get(exportSchema, partition, id);
  const write = (change: Parameters<typeof writeRow<Export>>[3]) =>
    writeRow(table, exportSchema, partition, change);
  return {
    get,

    async create(value) {
      const row = exportSchema.parse(value);
      const done = await write({ kind: 'create', rowKey: row.id, value: row });
      if (!done) throw new Error(`there is an export ${row.id} already`);
    },

    async change(value, etag) {
      const row = exportSchema.parse(value);
      const done = await write({ kind: 'replace', rowKey: row.id, value: row, etag });
      return done ? get(row.id) : undefined;
    },

    remove: (id, etag) => table.change(partition, [{ kind: 'remove', rowKey: id, etag }]),

    page: ({ limit, start = '0' }) => table.page(exportSchema, partition, { from: start, to: '~', limit }),

    async *list() {
      for await (const { value } of table.all(exportSchema, partition)) yield value;
    },
  };
}
