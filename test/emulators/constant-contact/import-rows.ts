// What an import does to the contacts, row by row, once its job runs.
import { csvRecords } from './csv';
import type { People } from './people';
import type { Limits, Switches } from './options';
import type { Touches } from './touches';

export interface ImportSource {
  readonly content: Buffer;
  readonly listIds: readonly string[];
  /** When the job was accepted and when its rows are written, in milliseconds since 1970. */
  readonly createdAt: number;
  readonly at: number;
}

export interface Account {
  readonly people: People;
  readonly touches: Touches;
  readonly limits: Limits;
  readonly switches: Switches;
}

export interface ImportResult {
  /** Data rows that were read. */
  readonly rows: number;
  /** Not to be mended: rows that do not fit the header. */
  readonly errors: number;
  /** Refused because of a value that a person could mend. */
  readonly correctable: number;
  readonly cannotAddToList: number;
  readonly messages: readonly string[];
  readonly duplicates: number;
  readonly blankCells: number;
  /** Values longer than their field, which are cut. */
  readonly overLength: number;
}

const mostMessages = 1_000;
const mostListsPerPerson = 50;
const longestAddress = 80;
const longestValue = new Map(['street', 'street2'].map((name) => [name, 255]));
const lengthOf = (column: string) => longestValue.get(column) ?? (column.startsWith('cf:') ? 255 : 50);

/** No spaces, commas, brackets or control characters; one `@`; a domain with a dot. */
export const isAddress = (address: string): boolean =>
  address.length <= longestAddress && addressPattern.test(address);

const addressPattern = /^[^\s\p{Cc},()<>[\]{}@]+@[^\s\p{Cc},()<>[\]{}@.]+(?:\.[^\s\p{Cc},()<>[\]{}@.]+)+$/u;

const datePatterns = [
  /^(\d{1,2})\/(\d{1,2})\/\d{4}$/,
  /^\d{4}\/(\d{1,2})\/(\d{1,2})$/,
  /^\d{4}-(\d{1,2})-(\d{1,2})$/,
  /^(\d{1,2})-(\d{1,2})-\d{4}$/,
];

function isDay(month: number, day: number): boolean {
  return (
    Number.isInteger(month) &&
    Number.isInteger(day) &&
    month >= 1 &&
    day >= 1 &&
    day <= (daysOf[month - 1] ?? 0)
  );
}
const daysOf = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isDate = (value: string) =>
  datePatterns.some((pattern) => {
    const match = pattern.exec(value);
    return match !== null && isDay(Number(match[1]), Number(match[2]));
  });

/** A few milliseconds' work: whoever waits in the same process is not kept for longer. */
const rowsPerStep = 1_000;

/** The import in steps. Other changes may happen between them. */
export function* importSteps(
  source: ImportSource,
  { people, touches, limits, switches }: Account,
): Generator<void, ImportResult> {
  const messages: string[] = [];
  const held: number[] = [];
  // Per person, 1 once this file has held them: cheaper than a set of 40,000 numbers.
  let seen = new Uint8Array(people.size + limits.importContacts + 1);
  const count = {
    rows: 0,
    errors: 0,
    correctable: 0,
    cannotAddToList: 0,
    duplicates: 0,
    blankCells: 0,
    overLength: 0,
  };
  let header: string[] | undefined;
  let email = -1;
  let [birthdayMonth, birthdayDay, anniversary] = [-1, -1, -1];

  const say = (line: number, text: string) => {
    if (messages.length < mostMessages) messages.push(`Line ${line}: ${text}`);
  };

  /** Why a row cannot be taken as it is. */
  function faultOf(address: string, cells: readonly string[]): string | undefined {
    if (!isAddress(address)) return 'Invalid email';
    const month = cells[birthdayMonth] ?? '';
    const day = cells[birthdayDay] ?? '';
    if ((month !== '' || day !== '') && !isDay(Number(month), Number(day))) return 'Invalid birthday';
    const date = cells[anniversary] ?? '';
    return date === '' || isDate(date) ? undefined : 'Invalid anniversary';
  }

  function joinLists(person: number): boolean {
    const present = people.listsOf(person);
    const missing = source.listIds.filter((list) => !present.includes(list));
    if (present.length + missing.length > mostListsPerPerson) return false;
    for (const list of missing) people.join(person, list);
    return true;
  }

  function write(person: number, cells: readonly string[], columns: readonly string[]): void {
    for (let column = 0; column < columns.length; column += 1) {
      const value = cells[column]!;
      if (column === email || value === '') continue;
      const name = columns[column]!;
      const longest = lengthOf(name);
      // A string's length in UTF-16 units is never below its length in characters: most need no counting.
      const long = value.length > longest && Array.from(value).length > longest;
      if (long) count.overLength += 1;
      people.setField(person, name, long ? Array.from(value).slice(0, longest).join('') : value);
    }
    people.touch(person, source.at);
  }

  function takeRow(cells: string[], line: number, columns: readonly string[]): void {
    if (cells.length !== columns.length) {
      count.errors += 1;
      say(line, 'Wrong number of columns');
      return;
    }
    for (let column = 0; column < cells.length; column += 1) {
      const trimmed = cells[column]!.trim();
      if (trimmed === '') count.blankCells += 1;
      cells[column] = trimmed;
    }
    const address = (cells[email] ?? '').toLowerCase();
    const fault = faultOf(address, cells);
    if (fault) {
      count.correctable += 1;
      say(line, fault);
      return;
    }
    const person = people.ensure(address, source.at);
    if (person >= seen.length) {
      const longer = new Uint8Array(2 * person);
      longer.set(seen);
      seen = longer;
    }
    const again = seen[person] === 1;
    if (again) count.duplicates += 1;
    if (again && switches.duplicates === 'first') return;
    if (!again) {
      seen[person] = 1;
      held.push(person);
    }
    if (switches.refuseFlagged && touches.isFlagged(person, source.at)) {
      if (!again) count.correctable += 1;
      say(line, 'Invalid email');
      return;
    }
    if (people.statusOf(person) === 'unsubscribed') {
      if (!again) count.cannotAddToList += 1;
      if (switches.updateUnsubscribed) write(person, cells, columns);
      return;
    }
    if (people.statusOf(person) === 'deleted') people.setStatus(person, 'active');
    write(person, cells, columns);
    if (!joinLists(person) && !again) count.cannotAddToList += 1;
  }

  for (const { cells, line } of csvRecords(source.content.toString('utf8'))) {
    if (!header) {
      header = cells.map((cell) => cell.trim());
      email = header.indexOf('email');
      [birthdayMonth, birthdayDay] = [header.indexOf('birthday_month'), header.indexOf('birthday_day')];
      anniversary = header.indexOf('anniversary');
      continue;
    }
    if (count.rows >= limits.importContacts) break;
    count.rows += 1;
    takeRow(cells, line, header);
    if (count.rows % rowsPerStep === 0) yield;
  }

  touches.add(source.createdAt, held);
  return { ...count, messages };
}
