// A Table in memory, for tests: the same rules as the real one.
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import type { Stored, Table } from '../../shared/platform/tables';

interface Row {
  readonly json: string;
  readonly etag: string;
}

export interface MemoryTable extends Table {
  /** Every row: `partition/row key` -> JSON. */
  dump(): ReadonlyMap<string, string>;
}

export function makeMemoryTable(): MemoryTable {
  const partitions = new Map<string, Map<string, Row>>();
  let versions = 0;
  const rowsOf = (partition: string) => {
    const rows = partitions.get(partition) ?? new Map<string, Row>();
    partitions.set(partition, rows);
    return rows;
  };
  const stored = <T>(schema: z.ZodType<T>, rowKey: string, row: Row): Stored<T> => ({
    rowKey,
    value: schema.parse(JSON.parse(row.json)),
    etag: row.etag,
  });
  async function* within<T>(schema: z.ZodType<T>, partition: string, matches: (rowKey: string) => boolean) {
    await setImmediate();
    const rows = [...rowsOf(partition)].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [rowKey, row] of rows) if (matches(rowKey)) yield stored(schema, rowKey, row);
  }

  return {
    prepare: () => Promise.resolve(),
    async get(schema, partition, rowKey) {
      await setImmediate();
      const row = rowsOf(partition).get(rowKey);
      return row && stored(schema, rowKey, row);
    },
    async change(partition, changes) {
      await setImmediate();
      const rows = rowsOf(partition);
      const wins = changes.every((change) =>
        change.kind === 'create' ? !rows.has(change.rowKey) : rows.get(change.rowKey)?.etag === change.etag,
      );
      if (wins) {
        for (const { rowKey, value } of changes) {
          rows.set(rowKey, { json: JSON.stringify(value), etag: String(++versions) });
        }
      }
      return wins;
    },
    async remove(partition, rowKey) {
      await setImmediate();
      rowsOf(partition).delete(rowKey);
    },
    range: (schema, partition, from, to) =>
      within(schema, partition, (rowKey) => rowKey >= from && rowKey < to),
    all: (schema, partition) => within(schema, partition, () => true),
    dump: () =>
      new Map(
        [...partitions].flatMap(([partition, rows]) =>
          [...rows].map(([key, { json }]) => [`${partition}/${key}`, json] as const),
        ),
      ),
  };
}
