// The multipart body of an import: what a form decoder makes of it, and how large it may be.
import { randomBytes } from 'node:crypto';
import {
  ImportMalformed,
  importBody,
  LARGEST_CSV_BYTES,
  MOST_LISTS,
} from '../../shared/constant-contact/import-body';

const decoded = ({ contentType, body }: ReturnType<typeof importBody>) =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a decoder of somebody else's, fed with what this app made
  new Response(Buffer.concat(body), { headers: { 'content-type': contentType } }).formData();
const csvOf = (text: string) => Buffer.from(`email,first_name\r\n${text}`);

test('a form decoder finds the file, byte by byte, and the lists', async () => {
  const csv = Buffer.concat([csvOf('ada@example.com,"--\r\nAda"\r\n'), randomBytes(100_000)]);
  const expected = Buffer.from(csv);
  const form = await decoded(importBody({ fileName: 'run-1-1.csv', csv, listIds: ['a-1', 'b-2'] }));
  const file = form.get('file') as File;
  expect(file.name).toBe('run-1-1.csv');
  expect(file.type).toBe('text/csv');
  expect(Buffer.from(await file.arrayBuffer()).equals(expected)).toBe(true);
  expect(form.get('list_ids')).toBe('a-1,b-2');
  expect([...form.keys()].sort()).toEqual(['file', 'list_ids']);
});

test('the largest file fits with the most lists, and one byte more with them does not send too much', () => {
  const listIds = Array.from({ length: MOST_LISTS }, () => '0b3a4c2e-9f1d-11ee-8c90-0242ac120002');
  const csv = Buffer.alloc(LARGEST_CSV_BYTES, 'a');
  const { body } = importBody({ fileName: `${'n'.repeat(200)}.csv`, csv, listIds });
  expect(Buffer.concat(body).length).toBeLessThanOrEqual(3_900_000);
  const larger = Buffer.alloc(3_900_000, 'a');
  expect(() => importBody({ fileName: 'f.csv', csv: larger, listIds })).toThrow(ImportMalformed);
});
