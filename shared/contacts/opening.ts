// The first contacts, held back until it shows which patterns of filled columns are frequent. Without this even a segment whose
// rows all fill the same columns would need the later jobs, for its first few contacts.
import type { RowCells } from './contact-row';

export const openingContacts = 10_000;
const openingBytes = 4 * 1024 * 1024;

export interface Opening {
  /** @returns whether it is full now. */
  hold(row: RowCells): boolean;
  /** Hands over what is held, in the order in which it came; every row handed over is a view of one and the same object. */
  release(take: (row: RowCells) => void): void;
}

export function makeOpening(groups: number): Opening {
  const chunks: Buffer[] = [];
  /** Of each row: where the address ends, where each group ends, and the mask of each group. */
  const numbers: number[] = [];
  let bytes = 0;

  return {
    hold(row) {
      const cells = Buffer.from(row.bytes.subarray(0, row.groupEnds[groups - 1]));
      chunks.push(cells);
      numbers.push(row.addressEnd, ...row.groupEnds, ...row.masks);
      bytes += cells.byteLength;
      return chunks.length >= openingContacts || bytes >= openingBytes;
    },
    release(take) {
      const width = 1 + 2 * groups;
      const groupEnds = new Int32Array(groups);
      const masks = new Int32Array(groups);
      chunks.forEach((cells, index) => {
        const at = index * width;
        groupEnds.set(numbers.slice(at + 1, at + 1 + groups));
        masks.set(numbers.slice(at + 1 + groups, at + width));
        take({ bytes: cells, addressEnd: numbers[at] as number, groupEnds, masks });
      });
      chunks.length = 0;
      numbers.length = 0;
    },
  };
}
