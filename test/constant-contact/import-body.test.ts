// The multipart body of an import: what a form decoder makes of it, and how large it may be.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ImportMalformed,
  importBody,
  LARGEST_CSV_BYTES,
  MOST_LISTS,
  type ImportBody,
} from '../../shared/constant-contact/import-body';
import { csvFile } from './support/csv-file';

const bytesOf = async (body: ImportBody) => buffer((await body.open()).content);
const decoded = async (body: ImportBody) => {
  const form = new Uint8Array(await bytesOf(body));
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a decoder of somebody else's, fed with what this app made
  return new Response(form, { headers: { 'content-type': body.contentType } }).formData();
};
const csvOf = (text: string) => Buffer.from(`email,first_name\r\n${text}`);

test('a form decoder finds the file, byte by byte, and the lists', async () => {
  const csv = Buffer.concat([csvOf('ada@example.com,"--\r\nAda"\r\n'), randomBytes(100_000)]);
  const body = importBody({ fileName: 'run-1-1.csv', csv: csvFile(csv, 1_000), listIds: ['a-1', 'b-2'] });
  const form = await decoded(body);
  const file = form.get('file') as File;
  expect(file.name).toBe('run-1-1.csv');
  expect(file.type).toBe('text/csv');
  expect(Buffer.from(await file.arrayBuffer()).equals(csv)).toBe(true);
  expect(form.get('list_ids')).toBe('a-1,b-2');
  expect([...form.keys()].sort()).toEqual(['file', 'list_ids']);
});

test('each opening gives the whole body, of the length that it says', async () => {
  const body = importBody({
    fileName: 'f.csv',
    csv: csvFile(csvOf('a@example.com,A\r\n'), 5),
    listIds: ['l'],
  });
  const [first, second] = [await bytesOf(body), await bytesOf(body)];
  expect(first.equals(second)).toBe(true);
  expect(first).toHaveLength(body.bytes);
});

test('what is not read to its end closes the file, also when nobody began to read', async () => {
  for (const begin of [false, true]) {
    const file = Readable.from(Array<Buffer>(100).fill(Buffer.alloc(1)));
    const body = importBody({
      fileName: 'f.csv',
      csv: { bytes: 100, open: () => Promise.resolve(file) },
      listIds: ['l'],
    });
    const { content } = await body.open();
    if (begin) await once(content, 'readable');
    expect(file.destroyed).toBe(false);
    content.destroy();
    await once(file, 'close');
  }
});

test('the largest file fits with the most lists, and one byte more with them does not send too much', async () => {
  const listIds = Array.from({ length: MOST_LISTS }, () => '0b3a4c2e-9f1d-11ee-8c90-0242ac120002');
  const csv = csvFile(Buffer.alloc(LARGEST_CSV_BYTES, 'a'));
  const body = importBody({ fileName: `${'n'.repeat(200)}.csv`, csv, listIds });
  expect((await bytesOf(body)).length).toBeLessThanOrEqual(3_900_000);
  const larger = csvFile(Buffer.alloc(3_900_000, 'a'));
  expect(() => importBody({ fileName: 'f.csv', csv: larger, listIds })).toThrow(ImportMalformed);
});
