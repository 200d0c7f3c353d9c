// How many rows a segment had when it was last read. No file of a segment tells; the count holds while the commit pointer is the same.
import { z } from 'zod';
import { idFrom } from '../platform/ids';
import type { Table } from '../platform/tables';

const partition = 'rows';

const rowCountSchema = z.strictObject({ segment: z.string(), pointer: z.string(), rows: z.int().min(0) });

export interface RowCounts {
  /** Remembers what a run counted. Whoever counts at the same moment counts the same data or newer: any of them may win. */
  note(segment: string, pointer: string, rows: number): Promise<void>;
  /** `undefined` when this data has not been read yet. */
  find(segment: string, pointer: string): Promise<number | undefined>;
}

export function makeRowCounts(table: Table): RowCounts {
  const stored = (segment: string) => table.get(rowCountSchema, partition, idFrom(segment));
  return {
    async note(segment, pointer, rows) {
      const before = await stored(segment);
      const change = { rowKey: idFrom(segment), value: { segment, pointer, rows } };
      await table.change(partition, [
        before ? { kind: 'replace', etag: before.etag, ...change } : { kind: 'create', ...change },
      ]);
    },
    async find(segment, pointer) {
      const found = await stored(segment);
      return found?.value.pointer === pointer ? found.value.rows : undefined;
    },
  };
}
