// Writes batch files within Constant Contact's limits. A series is the files that have the same wave and columns.
import { LARGEST_CSV_BYTES } from '../constant-contact/import-body';
import type { Batch } from './manifest';
import { csvLine, lineEnd } from './csv-line';
import { outgoingBlob, type Outgoing, type OutgoingBlob } from './outgoing';

/** 40,000 lines with the header; what is over Constant Contact drops in silence. Source: V3 API, `contacts_file_import`. */
const maxContactsPerFile = 39_999;
/** Below the 1,000 jobs that Constant Contact queues for an account, with room for those of others. */
export const maxImportJobs = 900;

/** What the files may hold in memory before it is sent, without what one chunk of input adds. */
export const maxBufferedBytes = 32 * 1024 * 1024;
/** As many as the requests hold that are made at once, and as much again, so that none of them ever waits for the next block. */
const maxBytesUnderWay = 8 * 1024 * 1024;
const blockBytes = 1024 * 1024;
const smallestBuffer = 16 * 1024;
/** Free blocks that are kept to be used again. */
const maxSpareBlocks = 4;

/** More import jobs than Constant Contact lets wait. Caught by `prepare`, which refuses. */
export class TooManyImportJobs extends Error {
  readonly code = 'too-many-import-jobs';
  constructor() {
    super('the contacts need too many import jobs; map fewer optional fields');
  }
}

interface OpenFile {
  readonly blob: OutgoingBlob;
  readonly batch: { contacts: number; bytes: number };
  buffer: Buffer;
  /** Bytes in `buffer`. */
  length: number;
}

export interface Series {
  readonly wave: number;
  readonly columns: readonly string[];
  readonly header: Buffer;
  file: OpenFile | undefined;
}

export interface BatchFiles {
  /** @param columns that every row of the series fills, besides the address. */
  series(wave: number, columns: readonly string[]): Series;
  /**
   * Adds a line: the address's cell, which ends at `addressEnd`, and the bytes `from` up to `to`, which start with a comma.
   * @throws {TooManyImportJobs}
   */
  add(series: Series, bytes: Uint8Array, addressEnd: number, from: number, to: number): void;
  /** Keeps memory bounded: sends what has piled up, and waits while too much is under way. */
  drain(): Promise<void>;
  /** Completes every file. @returns the batches, numbered wave by wave, within a wave as they were begun. */
  finish(): Promise<Batch[]>;
}

/** @param prefix of the blobs' names. */
export function makeBatchFiles(outgoing: Outgoing, prefix: string): BatchFiles {
  const files: (Omit<Batch, 'number' | 'contacts' | 'bytes'> & OpenFile['batch'])[] = [];
  const filesOfWave: number[] = [];
  const open = new Set<OpenFile>();
  const spare: Buffer[] = [];

  const newBlock = () => spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);

  const send = (file: OpenFile, last: boolean) => {
    const { buffer, length } = file;
    const free = () => {
      if (buffer.length === blockBytes && spare.length < maxSpareBlocks) spare.push(buffer);
    };
    outgoing.send(file.blob, buffer.subarray(0, length), last, free);
    file.length = 0;
  };

  const begin = (series: Series): OpenFile => {
    if (files.length >= maxImportJobs) throw new TooManyImportJobs();
    const { wave, columns, header } = series;
    const place = (filesOfWave[wave] = (filesOfWave[wave] ?? 0) + 1);
    const name = `${prefix}${wave}-${String(place).padStart(4, '0')}.csv`;
    const batch = { wave, blob: name, contacts: 0, bytes: header.length, columns: ['email', ...columns] };
    files.push(batch);
    // The second file of a series shows that it is a busy one.
    const buffer = series.file ? newBlock() : Buffer.allocUnsafeSlow(smallestBuffer);
    const file: OpenFile = { blob: outgoingBlob(name), batch, buffer, length: header.copy(buffer) };
    open.add(file);
    return file;
  };

  const end = (file: OpenFile) => {
    open.delete(file);
    send(file, true);
  };

  const makeRoom = (file: OpenFile, bytes: number) => {
    if (file.buffer.length >= blockBytes) {
      send(file, false);
      file.buffer = newBlock();
      return;
    }
    let size = file.buffer.length * 2;
    while (size < blockBytes && size < file.length + bytes) size *= 2;
    const bigger = size >= blockBytes ? newBlock() : Buffer.allocUnsafeSlow(size);
    file.buffer.copy(bigger, 0, 0, file.length);
    file.buffer = bigger;
  };

  /** Sends the fullest buffers until the open files hold half of what they may. */
  const spill = () => {
    let held = 0;
    for (const file of open) held += file.buffer.length;
    if (held <= maxBufferedBytes / 2) return;
    for (const file of [...open].sort((a, b) => b.length - a.length)) {
      if (held <= maxBufferedBytes / 4 || file.length === 0) return;
      held -= file.buffer.length - smallestBuffer;
      send(file, false);
      file.buffer = Buffer.allocUnsafeSlow(smallestBuffer);
    }
  };

  return {
    series: (wave, columns) => ({
      wave,
      columns,
      header: Buffer.from(csvLine(['email', ...columns])),
      file: undefined,
    }),

    add(series, bytes, addressEnd, from, to) {
      const size = addressEnd + (to - from) + lineEnd.length;
      let file = series.file;
      if (!file || file.batch.contacts >= maxContactsPerFile || file.batch.bytes + size > LARGEST_CSV_BYTES) {
        if (file) end(file);
        file = series.file = begin(series);
      }
      if (file.length + size > file.buffer.length) makeRoom(file, size);
      const { buffer } = file;
      let at = file.length;
      // A loop: lines are short, and a call of `set` or `copy` costs more than the bytes.
      for (let index = 0; index < addressEnd; index++) buffer[at++] = bytes[index] as number;
      for (let index = from; index < to; index++) buffer[at++] = bytes[index] as number;
      buffer[at++] = 0x0d;
      buffer[at++] = 0x0a;
      file.length = at;
      file.batch.contacts++;
      file.batch.bytes += size;
    },

    async drain() {
      spill();
      await outgoing.below(maxBytesUnderWay);
    },

    async finish() {
      for (const file of open) end(file);
      await outgoing.below(0);
      return files.sort((a, b) => a.wave - b.wave).map((batch, index) => ({ number: index + 1, ...batch }));
    },
  };
}
