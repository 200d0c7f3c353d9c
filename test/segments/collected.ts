// A sink that keeps what it was given, for tests.
import type { RecordSink } from '../../shared/segments/segment';

export interface Collected extends RecordSink {
  /** Row number and its cells, or why it has none. */
  readonly rows: (readonly [row: number, cells: string[] | string])[];
  drains: number;
}

export function collected(): Collected {
  const rows: Collected['rows'] = [];
  return {
    rows,
    drains: 0,
    record({ row, bytes, starts, ends }) {
      rows.push([row, Array.from(starts, (start, place) => bytes.toString('utf8', start, ends[place]))]);
    },
    malformed(row, why) {
      rows.push([row, why]);
    },
    drain() {
      this.drains += 1;
      return Promise.resolve();
    },
  };
}
