// Which patterns of filled columns deserve files of their own. A pure rule over counts that fits in little memory.

/** Fewer are not worth an import job. */
export const fewestContacts = 1_000;
/** Of the contacts so far. */
export const smallestShare = 0.05;
export const mostPatterns = 16;

/** Past this many patterns, the rare ones are forgotten. */
const mostCounted = 16_384;
/** Of the contacts so far. Far below `smallestShare`: a pattern that gets frequent later on is still found, a little later. */
const forgottenShare = 0.005;

export interface OwnFiles {
  /** Counts one contact with this pattern. */
  count(pattern: number): void;
  /** Whether the pattern has files of its own, from now on or since before. */
  has(pattern: number): boolean;
  /** When there are few patterns so far, gives every one of them files of its own. */
  admitFew(): void;
}

/** The pattern 0, with nothing but the address, never gets any: its contacts need no later job. */
export function makeOwnFiles(): OwnFiles {
  const counts = new Map<number, number>();
  const own = new Set<number>();
  let total = 0;

  const forgetRare = () => {
    for (const [pattern, count] of counts) if (count < total * forgottenShare) counts.delete(pattern);
  };

  return {
    count(pattern) {
      total++;
      if (pattern === 0 || own.has(pattern)) return;
      counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
      if (counts.size > mostCounted) forgetRare();
    },
    has(pattern) {
      if (own.has(pattern)) return true;
      if (own.size >= mostPatterns) return false;
      const count = counts.get(pattern) ?? 0;
      if (count < fewestContacts || count < total * smallestShare) return false;
      own.add(pattern);
      counts.delete(pattern);
      return true;
    },
    admitFew() {
      if (counts.size + own.size > mostPatterns) return;
      for (const pattern of counts.keys()) own.add(pattern);
      counts.clear();
    },
  };
}
