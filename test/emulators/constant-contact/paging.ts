// Pages as Constant Contact has them: `limit`, an opaque cursor that holds the whole query, a link that is a path.

export interface Window {
  readonly limit: number;
  /** Where the page starts: an index, or whatever number the collection counts by. */
  readonly start: number;
  /** The query: what came with the cursor, if there is one. */
  readonly query: URLSearchParams;
}

/** The page that a query asks for; `undefined` when its limit or cursor is not valid. */
export function readWindow(query: URLSearchParams, most: number): Window | undefined {
  const cursor = query.get('cursor');
  const inner = cursor === null ? query : new URLSearchParams(Buffer.from(cursor, 'base64').toString('utf8'));
  const limit = Number(inner.get('limit') ?? Math.min(50, most));
  const start = Number(cursor === null ? 0 : (inner.get('next') ?? NaN));
  if (!Number.isInteger(limit) || limit < 1 || limit > most) return undefined;
  if (!Number.isInteger(start) || start < 0) return undefined;
  return { limit, start, query: inner };
}

/** `_links` of an answer; nothing on the last page. */
export function linksTo(path: string, window: Window, next: number | undefined): { _links?: object } {
  if (next === undefined) return {};
  const inner = new URLSearchParams(window.query);
  inner.set('limit', String(window.limit));
  inner.set('next', String(next));
  const cursor = Buffer.from(inner.toString()).toString('base64');
  return { _links: { next: { href: `${path}?cursor=${encodeURIComponent(cursor)}` } } };
}

/** One page of an array, and where the next one starts. */
export function pageOf<T>(
  items: readonly T[],
  { start, limit }: Window,
): { page: readonly T[]; next: number | undefined } {
  const end = start + limit;
  return { page: items.slice(start, end), next: end < items.length ? end : undefined };
}
