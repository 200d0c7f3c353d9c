// What counts as white space at the ends of a value, everywhere in this room.

/** Unicode's White_Space, and the byte order mark, which exports leave in front of a first value. */
const spaces = new Set([
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005,
  0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff,
]);

/** The text without white space at its ends. Loops, as a pattern would take quadratic time on a long run of spaces. */
export function trimEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && spaces.has(text.charCodeAt(start))) start++;
  while (end > start && spaces.has(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The first `length` code points of the text; the text itself when it has no more. */
export function firstCodePoints(text: string, length: number): string {
  // There are never more code points than UTF-16 units.
  if (text.length <= length) return text;
  let end = 0;
  for (let count = 0; count < length && end < text.length; count++) {
    end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}
