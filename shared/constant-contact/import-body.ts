// The multipart body of an import: its size is known before anything is sent, and the file in it goes through as a stream.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { StreamedBody } from './http';

/** Constant Contact drops what is over 4 MB in silence, and does not say whether that is 4,000,000 or 4,194,304. Source: API guide, bulk import. */
export const LARGEST_IMPORT_BODY_BYTES = 3_900_000;

/** Room in the body for what is not the CSV: the parts' headers and 50 list ids (about 2.4 kB). */
const BODY_ROOM_BYTES = 4_000;

/** A CSV file of this size fits, whatever lists it goes to. */
export const LARGEST_CSV_BYTES = LARGEST_IMPORT_BODY_BYTES - BODY_ROOM_BYTES;

/** Source: `list_ids` of `contacts_file_import` in the API description. */
export const MOST_LISTS = 50;

/** The caller cut its files wrongly: a mistake in this app, found before anything is sent. */
export class ImportMalformed extends Error {
  readonly code = 'import-malformed';
  constructor(readonly fault: string) {
    super(`an import cannot be sent: ${fault}`);
  }
}

export interface Import {
  /** Comes back as the job's `fileName`. Letters, digits, `.`, `_` and `-`, ending in `.csv`. */
  readonly fileName: string;
  readonly csv: {
    readonly bytes: number;
    /** Called for each try. */
    open(): Promise<Readable>;
  };
  /** 1 to 50. */
  readonly listIds: readonly string[];
}

export interface ImportBody {
  readonly contentType: string;
  readonly bytes: number;
  /** Whoever opens it destroys its content. */
  open(): Promise<StreamedBody>;
}

/** @throws {ImportMalformed} for what Constant Contact would cut short or refuse. */
export function importBody({ fileName, csv, listIds }: Import): ImportBody {
  if (!/^[\w.-]{1,200}\.csv$/.test(fileName)) throw new ImportMalformed('its file name is not one');
  if (listIds.length < 1 || listIds.length > MOST_LISTS)
    throw new ImportMalformed(`it names ${listIds.length} lists`);
  if (!listIds.every((id) => /^[\w-]+$/.test(id))) throw new ImportMalformed('a list id is not one');
  const boundary = `import-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: text/csv\r\n\r\n`,
  );
  const tail = Buffer.from(
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="list_ids"\r\n\r\n${listIds.join(',')}\r\n--${boundary}--\r\n`,
  );
  const bytes = head.byteLength + csv.bytes + tail.byteLength;
  if (bytes > LARGEST_IMPORT_BODY_BYTES)
    throw new ImportMalformed(`its body has ${bytes} bytes, and ${LARGEST_IMPORT_BODY_BYTES} may be sent`);

  async function* parts(file: Readable) {
    yield head;
    let read = 0;
    for await (const chunk of file as AsyncIterable<Buffer>) {
      read += chunk.byteLength;
      yield chunk;
    }
    if (read !== csv.bytes) throw new ImportMalformed(`its file has ${read} bytes, not ${csv.bytes}`);
    yield tail;
  }

  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes,
    async open() {
      const file = await csv.open();
      const content = Readable.from(parts(file));
      // Of a body that nobody began to read, too.
      content.once('close', () => file.destroy());
      return { bytes, content };
    },
  };
}
