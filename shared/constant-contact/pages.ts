// Paged answers: each page names the next. A page is followed only where the access token may go.
import { UnexpectedAnswer, type CallFacts } from './errors';
import type { Page } from './schemas';

/** 20 pages of 500 are more import jobs than a day's calls can start, and ten times the lists an account may have. */
const MOST_PAGES = 20;

/**
 * Where the next page is. Constant Contact gives a path and a query, such as `/v3/activities?cursor=...`.
 * @returns `undefined` for anything that is not below `apiUrl`.
 */
export function nextPage(apiUrl: string, href: string): string | undefined {
  if (!href.startsWith('/') || !URL.canParse(href, apiUrl)) return undefined;
  const base = new URL(apiUrl);
  const url = new URL(href, base);
  const below = url.pathname.startsWith(`${base.pathname.replace(/\/+$/, '')}/`);
  return url.origin === base.origin && below ? url.href : undefined;
}

export interface Paging<T> {
  readonly apiUrl: string;
  /** The whole URL of the first page. */
  readonly first: string;
  /** For errors: the path's template. */
  readonly path: string;
  readonly get: (url: string) => Promise<Page<T>>;
  /** Whether the pages so far are enough. Called after each, with its items. */
  readonly enough?: (items: readonly T[]) => boolean;
}

/** Every item of all pages, in their order. @throws {UnexpectedAnswer} for a page elsewhere, or pages without end. */
export async function allPages<T>({ apiUrl, first, path, get, enough }: Paging<T>): Promise<T[]> {
  const facts: CallFacts = { method: 'GET', path };
  const items: T[] = [];
  const seen = new Set<string>();
  for (let url = first; ;) {
    if (seen.has(url)) throw new UnexpectedAnswer(facts, 'names a page as the next one that was read before');
    if (seen.size === MOST_PAGES) throw new UnexpectedAnswer(facts, `goes on after ${MOST_PAGES} pages`);
    seen.add(url);
    const page = await get(url);
    items.push(...page.items);
    if (page.next === undefined || enough?.(page.items)) return items;
    const next = nextPage(apiUrl, page.next);
    if (!next)
      throw new UnexpectedAnswer(facts, 'names a next page that is not below the address of the API');
    url = next;
  }
}
