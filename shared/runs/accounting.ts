// Every row read is accounted for: what became of the contacts, and which status that makes.
import { whyLeftOut } from '../contacts/dates';
import type { Manifest } from '../contacts/manifest';
import { nothingNew } from './no-new-data';
import type { Counters, ImportRecord, Remark } from './import-record';
import type { Reason, RunCounts, Status } from './run';

/** How many of a job's contacts Constant Contact did not take: at most those sent, as its counters may overlap. */
export const refusedOf = (
  sent: number,
  { errorCount, correctableCount, cannotAddToListCount }: Counters,
): number => Math.min(sent, errorCount + correctableCount + cannotAddToListCount);

/** The counts of a run that was prepared and then sent nothing. */
export const countsOfNothingSent = ({ contacts, ...rows }: Manifest['counts']): RunCounts => ({
  ...rows,
  accepted: 0,
  refused: 0,
  unconfirmed: 0,
  notSent: contacts,
});

const remarks: Readonly<Record<Remark, string>> = {
  doubled:
    'Constant Contact has two import jobs of it, as the first one showed up late; nobody is on the list twice for that.',
  'counters-unreadable':
    'Constant Contact tells no number where it counts its refusals, so how many it took is an upper bound.',
};

export interface Account {
  readonly counts: RunCounts;
  readonly warnings: readonly string[];
  /** Whether every batch was sent, those of later waves included. */
  readonly sentToTheEnd: boolean;
}

/**
 * Adds up a prepared run. Only wave 0 counts, as it holds every contact once; what goes wrong in a later wave, where columns
 * are filled in, is a warning.
 */
export function account(manifest: Manifest, records: readonly ImportRecord[]): Account {
  const byBatch = new Map(records.map((record) => [record.batch, record]));
  const sums = { accepted: 0, refused: 0, unconfirmed: 0, notSent: 0 };
  const warnings = Object.entries(manifest.leftOutByField ?? {}).map(
    ([field, values]) => `${values} values of ${field} were left out: ${whyLeftOut(field)}.`,
  );
  const held = heldBack(manifest, byBatch);
  if (held) warnings.push(held);
  let sentToTheEnd = true;

  for (const { number, wave, contacts, columns } of manifest.batches) {
    const record = byBatch.get(number);
    const fate = fateOf(record);
    if (fate === 'notSent') sentToTheEnd = false;
    for (const remark of record?.remarks ?? []) warnings.push(`Batch ${number}: ${remarks[remark]}`);
    if (wave > 0) {
      const lost = laterLoss(fate, contacts, record?.counters);
      const fields = columns.filter((column) => column !== 'email').join(', ');
      if (lost) warnings.push(`Batch ${number}: the fields ${fields} of ${lost}.`);
    } else if (fate === 'completed' && record?.counters) {
      const named =
        record.counters.errorCount + record.counters.correctableCount + record.counters.cannotAddToListCount;
      const refused = refusedOf(contacts, record.counters);
      if (named > contacts) {
        warnings.push(
          `Batch ${number}: Constant Contact counts ${named} refusals among ${contacts} contacts; its counters overlap, so how many it took is a lower bound.`,
        );
      }
      sums.refused += refused;
      sums.accepted += contacts - refused;
    } else {
      sums[fate === 'notSent' ? 'notSent' : 'unconfirmed'] += contacts;
    }
  }

  const { read, duplicate, rejected } = manifest.counts;
  return { counts: { read, duplicate, rejected, ...sums }, warnings, sentToTheEnd };
}

/** Why no later wave was sent, if a job of an earlier one is the reason. */
function heldBack({ batches }: Manifest, byBatch: ReadonlyMap<number, ImportRecord>): string | undefined {
  const doubtful = batches.filter(({ number }) => byBatch.get(number)?.state === 'unconfirmed');
  const [first] = doubtful;
  const last = Math.max(...doubtful.map(({ wave }) => wave));
  const later = batches.filter(({ wave }) => wave > last);
  if (!first || later.length === 0 || later.some(({ number }) => byBatch.has(number))) return undefined;
  return `The columns of later waves were not sent, as the import job of batch ${first.number} did not end in time: it may be open still, and the same contacts would be in two jobs at once. Retry the run later.`;
}

/** What a later wave did not bring about. Whoever cannot join the list was counted in wave 0. */
function laterLoss(
  fate: ReturnType<typeof fateOf>,
  contacts: number,
  counters: Counters | null | undefined,
): string | undefined {
  if (fate === 'notSent') return `${contacts} contacts were not sent`;
  if (fate === 'unconfirmed') return `${contacts} contacts were sent, but not confirmed`;
  const refused = Math.min(contacts, (counters?.errorCount ?? 0) + (counters?.correctableCount ?? 0));
  return refused > 0 ? `${refused} contacts were refused by Constant Contact` : undefined;
}

function fateOf(record: ImportRecord | undefined): 'completed' | 'unconfirmed' | 'notSent' {
  if (record?.state === 'completed') return 'completed';
  // A first attempt that ended badly was sent, also when the second was never made.
  const neverSent = !record || (record.state === 'free' && record.attempt === 1);
  return neverSent ? 'notSent' : 'unconfirmed';
}

export interface Ending {
  readonly cancelRequested: boolean;
  /** Why the run stopped before its end, if it did. */
  readonly reason: Reason | null;
  readonly account: Account | null;
}

/** The status of a run that has ended, and the sentence that goes with it. */
export function verdict({ cancelRequested, reason, account }: Ending): {
  status: Status;
  reason: Reason | null;
} {
  if (reason?.code === nothingNew.code && !cancelRequested) return { status: 'Skipped', reason };
  const unfinished = !account || account.counts.notSent > 0;
  if (cancelRequested && (unfinished || !account.sentToTheEnd || account.counts.unconfirmed > 0)) {
    const sent = account ? account.counts.accepted + account.counts.refused + account.counts.unconfirmed : 0;
    return {
      status: 'Canceled',
      reason: {
        code: 'canceled',
        sentence:
          sent === 0
            ? 'Canceled before anything was sent.'
            : `Canceled. ${sent} contacts had been sent already and stay in Constant Contact.`,
      },
    };
  }
  // A late close after everything was confirmed is no failure of the run.
  const wellAllTheSame =
    reason?.code === 'internal' && account?.sentToTheEnd && account.counts.unconfirmed === 0;
  if (unfinished || (reason && !wellAllTheSame)) {
    return {
      status: 'Failed',
      reason: reason ?? {
        code: 'internal',
        sentence: 'The run ended before everything was sent; the log says why. Run it again.',
      },
    };
  }
  const { rejected, refused, unconfirmed } = account.counts;
  const parts = [
    rejected > 0 && `${rejected} profiles were rejected because of their data (see the rejects file)`,
    refused > 0 && `${refused} contacts were refused by Constant Contact`,
    unconfirmed > 0 && `${unconfirmed} contacts were sent, but Constant Contact did not confirm them`,
    account.warnings.length > 0 && `there are ${account.warnings.length} warnings`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return { status: 'Successful', reason: null };
  return {
    status: 'Completed with warnings',
    reason: {
      code: 'warnings',
      sentence: `${account.sentToTheEnd ? 'Sent to the end, but' : 'Sent, but not every column:'} ${parts.join('; ')}.`,
    },
  };
}
