// The rejects file: one line for each profile that is not sent because of its data. People open it in a spreadsheet.
import type { Malformation } from '../segments/segment';
import { addressReasons, maskAddress, type AddressReason } from './address';
import { csvLine, withoutFormula } from './csv-line';
import { outgoingBlob, type Outgoing } from './outgoing';
import { firstCodePoints, trimEnds } from './text';

/** Without it, spreadsheets take UTF-8 for the code page of the machine. */
const byteOrderMark = '\uFEFF';
const header = ['segment', 'shard', 'row', 'column', 'reason', 'profile_id', 'address'];

/** The file when nobody was rejected. */
export const emptyRejects = byteOrderMark + csvLine(header);
const blockCharacters = 256 * 1024;
/** What is shown of a value, in code points; a broken export can have whole texts in the column of the address. */
const shownLength = 200;
const bytesInFlight = 8 * 1024 * 1024;

export type RejectReason = AddressReason | Malformation;

/** Why a profile was rejected: the code, and the sentence that people read. */
export const rejectReasons: Readonly<Record<RejectReason, string>> = {
  ...addressReasons,
  'wrong-width': 'The row has more or fewer fields than the file has columns.',
  'bad-encoding': 'The row has bytes that the encoding of the file does not allow.',
  'too-long': 'The row is longer than 1 MB.',
  'unclosed-quote': 'The row has a quote that is not closed, or not doubled.',
};

export interface Reject {
  readonly segment: string;
  readonly shard: string;
  readonly row: number;
  /** The column at fault; blank when it is the whole row. */
  readonly column: string;
  readonly reason: RejectReason;
  /** As they stand in the segment; blank when unknown. */
  readonly profileId: string;
  readonly address: string;
}

/** The cells of one line, as people read them. */
type RejectCells = Readonly<
  Record<'segment' | 'shard' | 'row' | 'column' | 'reason' | 'profileId' | 'address', string>
>;

/** One line of the file, in the order of its header. No cell of it is run by a spreadsheet. */
export const rejectLine = (cells: RejectCells): string =>
  csvLine(
    [cells.segment, cells.shard, cells.row, cells.column, cells.reason, cells.profileId, cells.address].map(
      withoutFormula,
    ),
  );

export interface RejectsFile {
  readonly blob: string;
  add(reject: Reject): void;
  drain(): Promise<void>;
  /** Completes the file; it is there also when nobody was rejected. */
  finish(): Promise<void>;
}

/** @param addressesInClear whether addresses are shown in full. */
export function makeRejectsFile(outgoing: Outgoing, name: string, addressesInClear: boolean): RejectsFile {
  const blob = outgoingBlob(name);
  let lines = emptyRejects;

  const shown = (value: string) => {
    const text = trimEnds(value);
    const start = firstCodePoints(text, shownLength);
    return start === text ? text : `${start}…`;
  };
  const address = (value: string) => (addressesInClear ? shown(value) : maskAddress(value));
  // Some segments have the address for a key.
  const profileId = (value: string) => (value.includes('@') ? address(value) : shown(value));

  const send = (last: boolean) => {
    outgoing.send(blob, Buffer.from(lines), last, () => undefined);
    lines = '';
  };

  return {
    blob: name,
    add(reject) {
      lines += rejectLine({
        ...reject,
        row: String(reject.row),
        reason: rejectReasons[reject.reason],
        profileId: profileId(reject.profileId),
        address: address(reject.address),
      });
      if (lines.length > blockCharacters) send(false);
    },
    async drain() {
      await outgoing.below(bytesInFlight);
    },
    async finish() {
      send(true);
      await outgoing.below(0);
    },
  };
}
