// One rule for every name that people configure: the exact one, else the only one that differs by case alone.

/** @returns the item's index; `undefined` when no one matches; `'ambiguous'` when more than one does. */
export function pickByName(names: readonly string[], wanted: string): number | 'ambiguous' | undefined {
  const only = (matches: (name: string) => boolean) => {
    const first = names.findIndex(matches);
    if (first === -1) return undefined;
    return names.findLastIndex(matches) === first ? first : 'ambiguous';
  };
  const folded = wanted.toLowerCase();
  return only((name) => name === wanted) ?? only((name) => name.toLowerCase() === folded);
}
