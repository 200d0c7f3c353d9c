// One shard as a stream of bytes, in one of the forms in which such files are found.
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

export interface ShardForm {
  readonly header: boolean;
  readonly byteOrderMark: boolean;
  readonly gzip: boolean;
  readonly lineEnd: '\n' | '\r\n';
  readonly quoteAll: boolean;
  /** Whether the last record ends with a line end, too. */
  readonly lastLineEnds: boolean;
}

const plain: ShardForm = {
  header: true,
  byteOrderMark: false,
  gzip: false,
  lineEnd: '\n',
  quoteAll: false,
  lastLineEnds: true,
};

/** The sample's shards take these in turn. */
export const shardForms: readonly ShardForm[] = [
  { ...plain, byteOrderMark: true },
  { ...plain, gzip: true },
  { ...plain, lineEnd: '\r\n', quoteAll: true },
  { ...plain, header: false },
  { ...plain, lastLineEnds: false },
];

/** Characters that are collected before they are handed on. */
const chunkLength = 256 * 1024;

const cell = (value: string, quoteAll: boolean) =>
  quoteAll || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

function* chunks(
  form: ShardForm,
  columns: readonly string[],
  rows: Iterable<readonly string[]>,
): Iterable<Buffer> {
  const line = (cells: readonly string[]) => cells.map((value) => cell(value, form.quoteAll)).join(',');
  let text = form.byteOrderMark ? '\ufeff' : '';
  let first = true;
  if (form.header) {
    text += line(columns);
    first = false;
  }
  for (const cells of rows) {
    text += `${first ? '' : form.lineEnd}${line(cells)}`;
    first = false;
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(form.lastLineEnds ? text + form.lineEnd : text);
}

export function shardStream(
  form: ShardForm,
  columns: readonly string[],
  rows: Iterable<readonly string[]>,
): Readable {
  const bytes = Readable.from(chunks(form, columns, rows), { objectMode: false });
  if (!form.gzip) return bytes;
  const packed = createGzip({ level: 1 });
  bytes.once('error', (error) => packed.destroy(error));
  return bytes.pipe(packed);
}
