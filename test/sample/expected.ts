// What must come of the sample, told from the meaning of its rows: who is in the list with which values, and the counts.
import { personAddress, rejectionKinds, type RejectionKind, type Row } from './rows';

export interface ExpectedPerson {
  readonly first_name?: string;
  readonly last_name?: string;
}

export interface ExpectedReject {
  readonly segment: string;
  readonly blob: string;
  /** Position among the shard's data rows, from 1. */
  readonly row: number;
  readonly reason: RejectionKind;
  readonly profileId: string | undefined;
}

export interface Expected {
  /** Address -> values: exactly who must be in the list after the run. */
  readonly people: ReadonlyMap<string, ExpectedPerson>;
  readonly counts: {
    readonly read: number;
    readonly duplicate: number;
    readonly rejected: number;
    /** Distinct valid addresses: what must be sent. */
    readonly contacts: number;
    /** Contacts that Constant Contact must not add, as they had unsubscribed. */
    readonly refused: number;
    readonly accepted: number;
  };
  readonly rejectedByKind: Readonly<Record<RejectionKind, number>>;
  readonly rejects: readonly ExpectedReject[];
}

/** One person in so many had unsubscribed at Constant Contact before. */
const unsubscribedEvery = 33_333;
const firstUnsubscribed = 17;

/** Addresses of those who had unsubscribed, out of `persons` people. */
export function unsubscribedPeople(seed: number, persons: number): string[] {
  const addresses: string[] = [];
  for (let person = firstUnsubscribed; person < persons; person += unsubscribedEvery)
    addresses.push(personAddress(seed, person));
  return addresses;
}

export interface PlacedRow {
  readonly segment: string;
  readonly blob: string;
  readonly row: number;
  readonly content: Row;
}

/** `rows` in the order in which the export reads them. */
export function expectedOf(rows: Iterable<PlacedRow>, unsubscribed: readonly string[]): Expected {
  const people = new Map<string, ExpectedPerson>();
  const rejects: ExpectedReject[] = [];
  const rejectedByKind = Object.fromEntries(rejectionKinds.map((kind) => [kind, 0])) as Record<
    RejectionKind,
    number
  >;
  let read = 0;
  let duplicate = 0;
  for (const { segment, blob, row, content } of rows) {
    read += 1;
    const { meaning } = content;
    if (meaning.kind === 'rejected') {
      const { reason, profileId } = meaning;
      rejectedByKind[reason] += 1;
      rejects.push({ segment, blob, row, reason, profileId });
    } else if (people.has(meaning.address)) {
      duplicate += 1;
    } else {
      people.set(meaning.address, {
        ...(meaning.first === undefined ? {} : { first_name: meaning.first }),
        ...(meaning.last === undefined ? {} : { last_name: meaning.last }),
      });
    }
  }
  const contacts = people.size;
  for (const address of unsubscribed) people.delete(address);
  return {
    people,
    counts: {
      read,
      duplicate,
      rejected: rejects.length,
      contacts,
      refused: contacts - people.size,
      accepted: people.size,
    },
    rejectedByKind,
    rejects,
  };
}
