// A Table in memory, for tests: the same rules as the real one.
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import { refuseEtag, rowText, type Stored, type Table } from '../../shared/platform/tables';

interface Row {
  readonly json: string;
  readonly etag: string;
}

export interface MemoryTable extends Table {
  /** Every row: `partition/row key` -> JSON. */
  dump(): ReadonlyMap<string, string>;
}

export type TableOperation = 'get' | 'change' | 'remove' | 'query';

export interface MemoryTableOptions {
  /** Called before every operation; it may wait, or throw in the operation's place. */
  before?(operation: TableOperation): Promise<void> | void;
  /** Called after an operation took effect; a throw is an answer that got lost. */
  after?(operation: TableOperation): Promise<void> | void;
}

export function makeMemoryTable({ before, after }: MemoryTableOptions = {}): MemoryTable {
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
  /** Every operation lets others run in between, as a request does. */
  const operate = async <T>(operation: TableOperation, effect: () => T): Promise<T> => {
    await before?.(operation);
    await setImmediate();
    const result = effect();
    await after?.(operation);
    return result;
  };
  async function* within<T>(schema: z.ZodType<T>, partition: string, matches: (rowKey: string) => boolean) {
    const rows = await operate('query', () => [...rowsOf(partition)].sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const [rowKey, row] of rows) if (matches(rowKey)) yield stored(schema, rowKey, row);
  }

  return {
    prepare: () => Promise.resolve(),
    get: (schema, partition, rowKey) =>
      operate('get', () => {
        const row = rowsOf(partition).get(rowKey);
        return row && stored(schema, rowKey, row);
      }),
    change: (partition, changes) =>
      operate('change', () => {
        const rows = rowsOf(partition);
        for (const change of changes.length > 1 ? changes : [])
          if (change.kind === 'remove') refuseEtag(change);
        const texts = changes.map((change) =>
          change.kind === 'remove' ? '' : rowText(change.rowKey, change.value),
        );
        const wins = changes.every((change) => {
          const row = rows.get(change.rowKey);
          if (change.kind === 'create') return !row;
          return row !== undefined && (change.etag ?? row.etag) === row.etag;
        });
        if (wins) {
          for (const [index, change] of changes.entries()) {
            if (change.kind === 'remove') rows.delete(change.rowKey);
            else rows.set(change.rowKey, { json: texts[index] ?? '', etag: String(++versions) });
          }
        }
        return wins;
      }),
    remove: (partition, rowKey) =>
      operate('remove', () => {
        rowsOf(partition).delete(rowKey);
      }),
    range: (schema, partition, from, to) =>
      within(schema, partition, (rowKey) => rowKey >= from && rowKey < to),
    async page(schema, partition, { from, to, limit }) {
      const rows = await Array.fromAsync(within(schema, partition, (key) => key >= from && key < to));
      return { rows: rows.slice(0, limit), next: rows[limit]?.rowKey };
    },
    all: (schema, partition) => within(schema, partition, () => true),
    dump: () =>
      new Map(
        [...partitions].flatMap(([partition, rows]) =>
          [...rows].map(([key, { json }]) => [`${partition}/${key}`, json] as const),
        ),
      ),
  };
}

/** The answer to the next change is lost, so the SDK makes it once more, and says how that went. */
export function repeatNextChange(table: Table): void {
  const change = table.change.bind(table);
  table.change = async (...asked) => {
    table.change = change;
    await change(...asked);
    return change(...asked);
  };
}
