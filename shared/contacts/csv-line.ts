// CSV cells by RFC 4180, and what makes them harmless in files that people open.

export const lineEnd = '\r\n';

/** The cell, in quotes when it needs them. */
export const csvCell = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

export const csvLine = (cells: readonly string[]): string => cells.map(csvCell).join(',') + lineEnd;

/** What the first cell of a line says. */
export function firstCell(line: string): string {
  const inQuotes = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
  return inQuotes?.replaceAll('""', '"') ?? line.replace(/,.*$/s, '');
}

/**
 * Puts an apostrophe before a text that a spreadsheet would run as a formula, which keeps it text. The full-width signs count
 * too: spreadsheets in East Asian locales read them like the narrow ones. Only for files that people open.
 */
export const withoutFormula = (text: string): string =>
  /^\s*[=+\-@\t\r\n＝＋－＠]/u.test(text) ? `'${text}` : text;
