// A page of a list of which only some rows are wanted: read until it is full, but not for ever.

interface Keyed {
  readonly rowKey: string;
}

interface PageOf<T> {
  readonly rows: readonly T[];
  /** The key at which the next page starts; `undefined` on the last one. */
  readonly next: string | undefined;
}

/** Rows read at a time where not all are wanted. */
const readAtOnce = 100;

/** Rows read for one page; what is not found within them is for the next one. */
const mostRead = 500;

/** The schema's word on it, for those who page through such a list. */
export const pageMayBeShort =
  'With a filter, a page can hold fewer than `limit`, and even none: as long as `nextCursor` is there, the list goes on.';

export interface Sift<R extends Keyed, T extends Keyed> {
  readonly limit: number;
  readonly start: string | undefined;
  /** Whether there is a filter; without one a page is read as a whole. */
  readonly filtered: boolean;
  readonly read: (asked: {
    readonly limit: number;
    readonly start: string | undefined;
  }) => Promise<PageOf<R>>;
  /** The wanted ones of them, in the same order. */
  readonly keep: (rows: readonly R[]) => Promise<readonly T[]>;
}

export async function someOf<R extends Keyed, T extends Keyed>(sift: Sift<R, T>): Promise<PageOf<T>> {
  const { limit, filtered, read, keep } = sift;
  const found: T[] = [];
  let next = sift.start;
  for (let looked = 0; looked < mostRead;) {
    const asked = filtered ? readAtOnce : limit - found.length;
    const page = await read({ limit: asked, start: next });
    looked += asked;
    next = page.next;
    for (const row of await keep(page.rows)) {
      if (found.length === limit) return { rows: found, next: row.rowKey };
      found.push(row);
    }
    if (next === undefined || found.length === limit) break;
  }
  return { rows: found, next };
}
