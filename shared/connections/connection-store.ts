// Where connections are kept: one row each, in one partition of the table `connections`. Their tokens are in Key Vault only.
import type { Table } from '../platform/tables';
import { connectionSchema, type Connection } from './connection';

const partition = 'connection';

export interface ConnectionStore {
  get(id: string): Promise<Connection | undefined>;
  /** @throws when there is a connection of that id. */
  create(value: Connection): Promise<void>;
}

export function makeConnectionStore(table: Table): ConnectionStore {
  return {
    async get(id) {
      return (await table.get(connectionSchema, partition, id))?.value;
    },
    async create(value) {
      const row = connectionSchema.parse(value);
      if (!(await table.change(partition, [{ kind: 'create', rowKey: row.id, value: row }]))) {
        throw new Error(`there is a connection ${row.id} already`);
      }
    },
  };
}
