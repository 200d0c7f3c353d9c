// The lines of the rejects file that tell what Constant Contact says about single rows of an import.
import { maskAddress } from '../contacts/address';
import { csvCell, firstCell } from '../contacts/csv-line';
import type { Batch } from '../contacts/manifest';
import { rejectLine } from '../contacts/rejects-file';
import { rowOf, type JobMessages } from './job-messages';

/** Quotes can be part of what stands before the @; behind it they only enclose the address. */
const anyAddress = /[^\s,;:<>()[\]]+@[^\s,;:<>()[\]"']+/g;

/**
 * @param file the batch file as it was sent; `undefined` when it is gone. No cell of it holds a line break.
 * @param addressesInClear whether addresses are shown in full.
 */
export function refusedRows(
  { batch, messages }: JobMessages,
  entry: Batch,
  file: Buffer | undefined,
  addressesInClear: boolean,
): string {
  const lines = file?.toString('utf8').split(/\r?\n/) ?? [];
  const shown = (address: string) => (addressesInClear ? address : maskAddress(address));
  return messages
    .map((message) => {
      const row = rowOf(message);
      const address = firstCell((row === undefined ? undefined : lines[row]) ?? '');
      // The row's own address first, also as the file has it: no pattern finds the start of one such as `a:b@example.com` in running text.
      const known = [csvCell(address), address].reduce(
        (text, own) => (own === '' ? text : text.replaceAll(own, shown(address))),
        message,
      );
      const reason = `Constant Contact: ${known.replace(anyAddress, shown)}`;
      const name = entry.blob.slice(entry.blob.lastIndexOf('/') + 1);
      return rejectLine({
        segment: '',
        shard: `${name} (batch ${batch})`,
        row: row === undefined ? '' : String(row),
        column: '',
        reason,
        profileId: '',
        address: address === '' ? '' : shown(address),
      });
    })
    .join('');
}
