// What Constant Contact says about single rows, as lines of the rejects file.
import { parse } from 'csv-parse/sync';
import { messagesBlob, rowOf } from '../../shared/runs/job-messages';
import { csvLine } from '../../shared/contacts/csv-line';
import { refusedRows } from '../../shared/runs/refused-rows';
import { aBatch, runId } from './support/fixtures';

const file = Buffer.from(
  'email,first_name\r\nann@example.com,Ann\r\nbob@example.org,"Bob, jr."\r\n=cmd@example.com,X\r\n',
);
const rows = (messages: readonly string[], inClear = false, content: Buffer | undefined = file) =>
  parse(refusedRows({ batch: 3, messages: [...messages] }, aBatch(3), content, inClear));

test('a message that names a line gets its batch, its row and its address, masked', () => {
  expect(rows(['Line 3: the contact is suppressed'])).toEqual([
    [
      '',
      'batch-000003.csv (batch 3)',
      '2',
      '',
      'Constant Contact: Line 3: the contact is suppressed',
      '',
      'b***@e***.org',
    ],
  ]);
});

test('a message that names no line stands for itself', () => {
  expect(rows(['Some rows are wrong'])).toEqual([
    ['', 'batch-000003.csv (batch 3)', '', '', 'Constant Contact: Some rows are wrong', '', ''],
  ]);
});

test('a message about a line that the file does not have, or a file that is gone, has no address', () => {
  expect(rows(['Line 99: bad'])[0]!.slice(2)).toEqual(['98', '', 'Constant Contact: Line 99: bad', '', '']);
  expect(
    parse(refusedRows({ batch: 3, messages: ['Line 2: bad'] }, aBatch(3), undefined, false))[0]!.slice(2),
  ).toEqual(['1', '', 'Constant Contact: Line 2: bad', '', '']);
});

test.each([
  ['plain', 'The address ann@example.com is bad', 'The address a***@e***.com is bad'],
  ['in quotes', 'bad: "ann@example.com"', 'bad: "***@e***.com"'],
  ['in angle brackets', 'bad: Ann <ann@example.com>', 'bad: Ann <a***@e***.com>'],
  ['with an apostrophe in it', "o'brien@example.com", 'o***@e***.com'],
  ['with quotes in it', 'bad: "ann"@example.com', 'bad: "***@e***.com'],
  ['with a full stop behind it', 'bad: ann@example.com.', 'bad: a***@e***'],
  ['two of them', 'ann@example.com,bob@example.org', 'a***@e***.com,b***@e***.org'],
])('an address in a message is masked: %s', (_name, message, shown) => {
  expect(rows([message])[0]![4]).toBe(`Constant Contact: ${shown}`);
});

test("the row's own address is masked also where no pattern would find its start", () => {
  const content = Buffer.from('email\r\nann:secret@example.com\r\n');
  expect(rows(['Line 2: ann:secret@example.com is bad'], false, content)[0]![4]).toBe(
    'Constant Contact: Line 2: a***@e***.com is bad',
  );
});

test.each([
  '"ann:secret"@example.com',
  '"ann;se""cret"@example.com',
  'ann(secret)@example.com',
  '"=ann"@example.com',
])('nothing of the address %s is shown, whether a message quotes it or its cell', (address) => {
  const content = Buffer.from(csvLine(['email', 'first_name']) + csvLine([address, 'A, "B"']));
  const cell = csvLine([address]).trimEnd();
  const [row] = rows([`Line 2: ${address} is bad, ${cell} is`], false, content);
  expect(row![4]).toMatch(/^Constant Contact: Line 2: .\*{3}@e\*{3}\.com is bad, .\*{3}@e\*{3}\.com is$/);
  expect(row![6]).toMatch(/^.\*{3}@e\*{3}\.com$/);
});

test('addresses are shown in full when the export asks for it', () => {
  const [row] = rows(['Line 2: ann@example.com is bad'], true);
  expect(row![4]).toBe('Constant Contact: Line 2: ann@example.com is bad');
  expect(row![6]).toBe('ann@example.com');
  const quoted = Buffer.from(csvLine(['email']) + csvLine(['"ann"@example.com']));
  expect(rows(['Line 2: bad'], true, quoted)[0]![6]).toBe('"ann"@example.com');
});

test('a cell that a spreadsheet would run as a formula is made text', () => {
  expect(rows(['Line 4: bad'], true)[0]![6]).toBe("'=cmd@example.com");
  expect(rows(['Line 4: bad'])[0]![6]).toMatch(/^'=/);
});

test('a message with line breaks, quotes and commas stays one cell', () => {
  expect(rows(['a,"b"\r\nc'])[0]![4]).toBe('Constant Contact: a,"b"\r\nc');
});

test.each([
  ['Line 2: x', 1],
  ['line 10 is bad', 9],
  ['LINE   7', 6],
  ['Line 1: the header', undefined],
  ['Line 0', undefined],
  ['Deadline 5', undefined],
  ['no line at all', undefined],
])('%j is about row %p', (message, row) => {
  expect(rowOf(message)).toBe(row);
});

test('the blobs of messages sort by batch and attempt', () => {
  const names = [messagesBlob(runId, 2, 2), messagesBlob(runId, 10, 1), messagesBlob(runId, 2, 1)];
  expect(names.toSorted()).toEqual([names[2], names[0], names[1]]);
});
