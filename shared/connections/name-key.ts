// When two names are the same to people: without case, width, kind and number of blanks, and characters that cannot be seen. Pure.

/**
 * Equal for names that count as the same. JavaScript has no case folding: going down, up and down again merges what lower case alone
 * keeps apart (`ß`, `ẞ` and `SS`; `ς` and `σ`).
 */
export const nameKey = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC');
