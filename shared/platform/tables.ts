// Table storage as the app sees it: rows that are JSON checked by zod, decided by "create only if absent" and by ETag.
import { odata, type TableClient, type TableEntityResult, type TransactionAction } from '@azure/data-tables';
import type { z } from 'zod';
import { statusOf } from './azure-errors';

/** A stored value with the ETag that a later change must name. */
export interface Stored<T> {
  readonly rowKey: string;
  readonly value: T;
  readonly etag: string;
}

export type Change =
  | { readonly kind: 'create'; readonly rowKey: string; readonly value: unknown }
  | { readonly kind: 'replace'; readonly rowKey: string; readonly value: unknown; readonly etag: string }
  /** Without `etag`, of whatever version. Together with other changes only that is possible: see `change`. */
  | { readonly kind: 'remove'; readonly rowKey: string; readonly etag?: string };

/** Some rows in the order of their keys. `next` is where the next page starts; `undefined` on the last one. */
export interface Page<T> {
  readonly rows: readonly Stored<T>[];
  readonly next: string | undefined;
}

/** Which rows of a partition: from `from` (inclusive) to `to` (exclusive), at most `limit`. */
export interface PageAsked {
  readonly from: string;
  readonly to: string;
  readonly limit: number;
}

/** Rows of one shape. Every method that can lose a race says so by its result, and never overwrites. */
export interface Table {
  /** Creates the table unless it is there. */
  prepare(): Promise<void>;
  get<T>(schema: z.ZodType<T>, partition: string, rowKey: string): Promise<Stored<T> | undefined>;
  /**
   * All-or-nothing changes of one partition.
   * @returns false when any of them lost: a row is there already, is gone, or has changed. As the SDK repeats a call whose
   *   answer was lost, "lost" can also mean "done by my first try": whoever must know reads the row again and looks whose it is,
   *   as `writeRow` does.
   * @throws {RowTooLarge}, and for an ETag on a removal among several changes: the SDK's transactions do not pass it on, and would
   *   remove whatever there is. Such a removal is guarded by a `replace` beside it, of a row that changes whenever this one does.
   */
  change(partition: string, changes: readonly Change[]): Promise<boolean>;
  /** Removes a row, of whatever version; it is no fault when there is none. */
  remove(partition: string, rowKey: string): Promise<void>;
  /** The rows of a partition from `from` (inclusive) to `to` (exclusive), in the order of their keys. */
  range<T>(schema: z.ZodType<T>, partition: string, from: string, to: string): AsyncIterable<Stored<T>>;
  /** The first rows of a range, read in one request; what it costs does not depend on how many there are in all. */
  page<T>(schema: z.ZodType<T>, partition: string, asked: PageAsked): Promise<Page<T>>;
  /** Every row of a partition, in the order of their keys. */
  all<T>(schema: z.ZodType<T>, partition: string): AsyncIterable<Stored<T>>;
}

interface Row extends Record<string, unknown> {
  partitionKey: string;
  rowKey: string;
  json: string;
}

const lost = new Set([404, 409, 412]);

/** The longest text of one property, in UTF-16 units. Source: Table storage's data model, 64 KiB a property. */
export const longestText = 32_000;

/** A fault of this code, never of the data: a list without an end was put into a row. */
export class RowTooLarge extends Error {
  readonly code = 'row-too-large';
  constructor(
    readonly rowKey: string,
    readonly length: number,
  ) {
    super(`the row ${rowKey} has ${length} characters, and a table takes ${longestText}`);
  }
}

/** For every kind of table: what one cannot do, none does. @returns the value as the text of its row. */
export function rowText(rowKey: string, value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length > longestText) throw new RowTooLarge(rowKey, text.length);
  return text;
}

/** The same. */
export function refuseEtag({ rowKey, etag }: Extract<Change, { kind: 'remove' }>): void {
  if (etag !== undefined)
    throw new TypeError(`the removal of the row ${rowKey} cannot name a version among other changes`);
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Creates or replaces one row, for callers who must know whether it is theirs: a write that lost is looked at, as it may be the SDK's
 * second try after the first one's answer was lost.
 * @returns whether the row holds the value. Whoever finds the very same stored by somebody else is done, too.
 */
export async function writeRow<T>(
  table: Pick<Table, 'get' | 'change'>,
  schema: z.ZodType<T>,
  partition: string,
  change: Exclude<Change, { kind: 'remove' }> & { readonly value: T },
): Promise<boolean> {
  if (await table.change(partition, [change])) return true;
  return same((await table.get(schema, partition, change.rowKey))?.value, change.value);
}

export function makeTable(client: TableClient): Table {
  const stored = <T>(schema: z.ZodType<T>, entity: TableEntityResult<Row>): Stored<T> => ({
    rowKey: entity.rowKey,
    value: schema.parse(JSON.parse(entity.json)),
    etag: entity.etag,
  });

  const inRange = (partition: string, from: string, to: string) =>
    odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${to}`;

  async function* query<T>(schema: z.ZodType<T>, filter: string): AsyncIterable<Stored<T>> {
    for await (const entity of client.listEntities<Row>({ queryOptions: { filter } }))
      yield stored(schema, entity);
  }

  return {
    async prepare() {
      await client.createTable();
    },

    async get(schema, partition, rowKey) {
      try {
        return stored(schema, await client.getEntity<Row>(partition, rowKey));
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },

    async change(partition, changes) {
      const row = (rowKey: string, value: unknown): Row => ({
        partitionKey: partition,
        rowKey,
        json: rowText(rowKey, value),
      });
      try {
        if (changes.length === 1) {
          const [only] = changes as [Change];
          if (only.kind === 'create') await client.createEntity(row(only.rowKey, only.value));
          else if (only.kind === 'remove')
            await client.deleteEntity(partition, only.rowKey, { etag: only.etag ?? '*' });
          else await client.updateEntity(row(only.rowKey, only.value), 'Replace', { etag: only.etag });
        } else {
          await client.submitTransaction(
            changes.map((change): TransactionAction => {
              if (change.kind === 'create') return ['create', row(change.rowKey, change.value)];
              if (change.kind === 'remove') {
                refuseEtag(change);
                return ['delete', { partitionKey: partition, rowKey: change.rowKey }];
              }
              return ['update', row(change.rowKey, change.value), 'Replace', { etag: change.etag }];
            }),
          );
        }
        return true;
      } catch (error) {
        if (lost.has(statusOf(error) ?? 0)) return false;
        throw error;
      }
    },

    async remove(partition, rowKey) {
      try {
        await client.deleteEntity(partition, rowKey);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
      }
    },

    range: (schema, partition, from, to) => query(schema, inRange(partition, from, to)),

    async page(schema, partition, { from, to, limit }) {
      // One more than asked for tells where the next page starts. The service may stop early, and says so; then it is asked again.
      const wanted = limit + 1;
      const rows: Stored<z.output<typeof schema>>[] = [];
      const pages = client
        .listEntities<Row>({ queryOptions: { filter: inRange(partition, from, to) } })
        .byPage({ maxPageSize: wanted });
      for await (const entities of pages) {
        rows.push(...entities.map((entity) => stored(schema, entity)));
        if (rows.length >= wanted) break;
      }
      return { rows: rows.slice(0, limit), next: rows[limit]?.rowKey };
    },

    all: (schema, partition) => query(schema, odata`PartitionKey eq ${partition}`),
  };
}
