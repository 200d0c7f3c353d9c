// The sample's rows: what each says in its cells, and what it means. Any row can be made on its own, from the seed and its number.
import { addressOf, badAddressKinds, inMixedCase, spoiled, withSpaces } from './addresses';
import { mix, pick } from './mixing';
import { nameTraps, writtenName, type NameTrap } from './name-traps';
import { cities, firstNames, lastNames, streets } from './names';

export const rejectionKinds = [...badAddressKinds, 'wrong-width'] as const;
export type RejectionKind = (typeof rejectionKinds)[number];

export type Meaning =
  | {
      readonly kind: 'contact';
      readonly address: string;
      readonly first: string | undefined;
      readonly last: string | undefined;
    }
  | { readonly kind: 'rejected'; readonly reason: RejectionKind; readonly profileId: string | undefined };

export interface Row {
  /** In the order of the segment's columns; more or fewer than those where the meaning is `wrong-width`. */
  readonly cells: readonly string[];
  readonly meaning: Meaning;
  readonly nameTrap: NameTrap | undefined;
}

/** Rows of the two segments. People 0 to newsletter - 1 are those of the newsletter; loyal customers are partly the same ones. */
export interface Population {
  readonly seed: number;
  readonly newsletter: number;
  readonly loyal: number;
}

export const newsletter = 'NewsletterSubscribers';
export const loyal = 'LoyalCustomers';
export type SegmentName = typeof newsletter | typeof loyal;

const profileColumns: readonly (readonly [name: string, dataType: string])[] = [
  ['CustomerId', 'string'],
  ['EMail', 'string'],
  ['FirstName', 'string'],
  ['LastName', 'string'],
  ['DateOfBirth', 'date'],
  ['Telephone', 'string'],
  ['StreetAddress', 'string'],
  ['City', 'string'],
  ['StateOrProvince', 'string'],
  ['PostCode', 'string'],
  ['Country', 'string'],
  ['LastPurchaseOn', 'dateTime'],
  ['Contoso_Loyalty_UserID', 'string'],
  ['Contoso_Loyalty_UserID_Alternate', 'string'],
  ['eCommerce_Contacts_ContactId', 'string'],
  ['eCommerce_Contacts_ContactId_Alternate', 'string'],
];

/** The second segment has a column more, in front of the address: columns are found by name, not by place. */
export const columnsOf = (segment: SegmentName): readonly (readonly [name: string, dataType: string])[] =>
  segment === newsletter
    ? profileColumns
    : [profileColumns[0]!, ['LoyaltyPoints', 'double'], ...profileColumns.slice(1)];

// Each trap takes so many of a thousand rows. Rows are dealt over the thousand by a step that has no divisor in common with it, so
// that any thousand rows in a row hold every trap. Names are dealt over 997, so that they meet every trap of the addresses.
const addressTraps: readonly (readonly [
  trap: RejectionKind | 'duplicate' | 'mixed-case' | 'padded',
  ofThousand: number,
])[] = [
  ...badAddressKinds.map((kind) => [kind, kind === 'blank' ? 2 : 1] as const),
  ['wrong-width', 1],
  ['duplicate', 20],
  ['mixed-case', 30],
  ['padded', 10],
];
const nameTrapShares: readonly (readonly [trap: NameTrap, share: number])[] = nameTraps.map((trap) => [
  trap,
  trap.startsWith('blank-') ? 20 : 3,
]);

function dealt<T>(shares: readonly (readonly [T, number])[], size: number): (T | undefined)[] {
  const deck = new Array<T | undefined>(size).fill(undefined);
  let next = 0;
  for (const [trap, share] of shares) {
    deck.fill(trap, next, next + share);
    next += share;
  }
  return deck;
}
const addressDeck = dealt(addressTraps, 1000);
const nameDeck = dealt(nameTrapShares, 997);

/** The person whose profile is row `index` of a segment. Two of five loyal customers take the newsletter as well. */
export function personOf(
  { seed, newsletter: subscribers }: Population,
  segment: SegmentName,
  index: number,
): number {
  if (segment === newsletter) return index;
  return index % 5 < 2 ? mix(seed, index, 1) % subscribers : subscribers + index;
}

export function personAddress(seed: number, person: number): string {
  return addressOf(
    seed,
    person,
    pick(firstNames, mix(seed, person, 2)),
    pick(lastNames, mix(seed, person, 3)),
  );
}

const hex = (number: number) => number.toString(16).padStart(8, '0');
const two = (number: number) => String(number).padStart(2, '0');

export function makeRow(population: Population, segment: SegmentName, index: number): Row {
  const { seed } = population;
  const person = personOf(population, segment, index);
  const place = (segment === newsletter ? 0 : population.newsletter) + index;
  const number = mix(seed, place, 4);
  const addressTrap = addressDeck[(place * 389 + (seed % 1000)) % 1000];
  const nameTrap = nameDeck[(place * 211 + (seed % 997)) % 997];

  // The same address at two customers: a household that shares one.
  const owner = addressTrap === 'duplicate' ? mix(seed, place, 5) % population.newsletter : person;
  const address = personAddress(seed, owner);
  const first = pick(firstNames, mix(seed, person, 2)).shown;
  // Some have changed their name between the two exports: whose row wins can be seen.
  const married = segment === loyal && number % 10 === 0;
  const last = pick(lastNames, married ? number : mix(seed, person, 3)).shown;
  const name = writtenName(first, last, nameTrap, number >>> 4);

  let written = address;
  let meaning: Meaning = { kind: 'contact', address, first: name.first, last: name.last };
  const customerId =
    hex(mix(seed, person, 6)) + hex(mix(seed, person, 7)) + hex(mix(seed, person, 8)) + hex(person);
  switch (addressTrap) {
    case undefined:
      break;
    case 'duplicate':
      written = withSpaces(inMixedCase(address, number), number);
      break;
    case 'mixed-case':
      written = inMixedCase(address, number);
      break;
    case 'padded':
      written = withSpaces(address, number);
      break;
    case 'wrong-width':
      meaning = { kind: 'rejected', reason: 'wrong-width', profileId: undefined };
      break;
    default:
      written = spoiled(address, addressTrap, number >>> 2);
      meaning = { kind: 'rejected', reason: addressTrap, profileId: customerId };
  }

  const [city, state, postcode] = pick(cities, number >>> 3);
  const loyaltyId = 100_000 + person;
  const cells = [
    customerId,
    written,
    name.firstCell,
    name.lastCell,
    `${1940 + (number % 65)}-${two(1 + (number % 12))}-${two(1 + (number % 28))}`,
    number % 4 === 0 ? '' : `+1 555-01${two(number % 100)}`,
    `${1 + (number % 999)} ${pick(streets, number >>> 5)}`,
    city,
    state,
    postcode,
    'United States',
    number % 3 === 0 ? '' : `2026-02-${two(1 + (number % 28))}T${two(number % 24)}:00:00.000Z`,
    `${loyaltyId}.0`,
    number % 50 === 0 ? `${loyaltyId};${loyaltyId + 7};${loyaltyId + 9}` : String(loyaltyId),
    `C-${person}`,
    `C-${person}`,
  ];
  if (segment === loyal) cells.splice(1, 0, `${number % 5000}.0`);
  if (addressTrap === 'wrong-width') {
    if (number % 2 === 0) cells.pop();
    else cells.push('one too many');
  }
  return { cells, meaning, nameTrap };
}
