// The rows of the bench's segment, and the people that must come of them: each row by its number alone, so that a million need no memory.
import { mix, pick } from '../sample/mixing';

export const columns = [
  'CustomerId',
  'Salutation',
  'FirstName',
  'LastName',
  'EMail',
  'Phone',
  'Street',
  'PostalCode',
  'City',
  'Country',
  'Birthday',
  'LastPurchase',
  'LifetimeValue',
  'Interests',
  'Notes',
] as const;

export interface Person {
  readonly address: string;
  /** Blank when there is none, like the other one. */
  readonly firstName: string;
  readonly lastName: string;
}

const seed = 20_240_917;
const salts = { first: 1, last: 2, blankFirst: 3, blankLast: 4, domain: 5, written: 6, earlier: 7, rest: 8 };

const firstNames =
  'Ada Ann Anton Beatriz Björn Chloé Clara Daniel Dmitri Elif Emma Farid Fiona François Grace Gül Hana Hugo Ines Ivan Jack Jana José Julia Kai Karin Lars Léa Liam Luca Maja Marek María Mehmet Nadia Nils Noor Olga Oscar Paula Pavel Quentin Renée Rosa Samir Sofia Søren Theo Tomáš Uma Viktor Wanda Xavier Yara Zoë'.split(
    ' ',
  );
const lastNames = [
  ...'Abel Almeida Andersson Bauer Becker Björk Brown Castro Černý Dubois Eriksen Fischer García Haddad Hansen Hoffmann Ivanov Jansen Jones Kaya Kim Kowalski Krüger Laurent López Martin Meier Meyer Moreau Müller Nguyen Novak Olsen Peeters Petrov Rossi Ruiz Sato Schmidt Schneider Silva Smith Svensson Taylor Tóth Vogel Wagner Weber Wójcik Yılmaz Zhang'.split(
    ' ',
  ),
  'O"Hara',
  'Smith, Jr.',
  'van der Berg',
  'de la Cruz',
];
const domains =
  'example.com example.org example.net mail.example.com post.example.org shop.example.net web.example.com inbox.example.org'.split(
    ' ',
  );
const cities = 'Amsterdam Bergen Brno Köln Lyon Málaga Porto Seattle Springfield Vienna Zürich Łódź'.split(
  ' ',
);
const streets = [
  'Main Street',
  'Station Road',
  'Rue de la Paix',
  'Hauptstraße',
  'Calle Mayor, 2nd floor',
  'High St',
];
const countries = 'Austria France Germany Netherlands Norway Poland Portugal Spain Sweden Switzerland'.split(
  ' ',
);
const interests = 'books cooking cycling films garden hiking music running sailing skiing'.split(' ');
const notes = [
  'Called about the delivery, was told "next week"',
  'Prefers e-mail; no calls, please',
  'Two parcels came back, new address asked for',
  'Line one\nline two, as typed in the shop',
  'Gave 5 of 5 stars and wrote "great, again soon"',
  'No remarks',
];

/** One row in 50 repeats the address of an earlier row, with other names. */
const isDuplicate = (row: number) => row % 50 === 49;
/** One row in 1,000 has an address that is none. */
const isFaulty = (row: number) => row % 1_000 === 500;
const faultyAddresses = [
  '',
  'nobody',
  'a@b',
  'two@at@example.com',
  'with space@example.com',
  '.@example..com',
];

const fieldOf = (names: readonly string[], row: number, salt: number, blankSalt: number) =>
  mix(seed, row, blankSalt) % 10 === 0 ? '' : pick(names, mix(seed, row, salt));

/** The address that belongs to the row's number, as it is sent. */
const addressOf = (row: number) =>
  `${lastNames[mix(seed, row, salts.last) % 15]!.normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')}.${row}@${pick(domains, mix(seed, row, salts.domain))}`;

/** An earlier row with an address of its own. */
function earlierRow(row: number): number {
  const other = mix(seed, row, salts.earlier) % row;
  return isDuplicate(other) ? other - 1 : isFaulty(other) ? other + 1 : other;
}

/** Who comes of the row; `undefined` when it is a duplicate or rejected. Rows are numbered from 0. */
export function personOf(row: number): Person | undefined {
  if (isDuplicate(row) || isFaulty(row)) return undefined;
  return {
    address: addressOf(row),
    firstName: fieldOf(firstNames, row, salts.first, salts.blankFirst),
    lastName: fieldOf(lastNames, row, salts.last, salts.blankLast),
  };
}

/** The row that an address of `addressOf` belongs to; -1 for any other. */
export function rowOfAddress(address: string): number {
  const at = address.lastIndexOf('@');
  const row = Number(address.slice(address.lastIndexOf('.', at) + 1, at));
  return Number.isSafeInteger(row) ? row : -1;
}

export interface ExpectedCounts {
  readonly read: number;
  readonly contacts: number;
  readonly duplicate: number;
  readonly rejected: number;
}

export function expectedCounts(rows: number): ExpectedCounts {
  const duplicate = Math.floor(rows / 50);
  const rejected = Math.floor((rows + 499) / 1_000);
  return { read: rows, contacts: rows - duplicate - rejected, duplicate, rejected };
}

/** As a system of records might write it: mostly as it is sent, some in capitals, some with a space around. */
function written(address: string, row: number): string {
  const how = mix(seed, row, salts.written) % 50;
  if (how < 4) return address.toUpperCase();
  if (how < 8) return address.charAt(0).toUpperCase() + address.slice(1);
  return how === 8 ? ` ${address} ` : address;
}

/** 15 cells and about 240 bytes. */
export function cellsOf(row: number): string[] {
  const rest = mix(seed, row, salts.rest);
  const address = isFaulty(row)
    ? pick(faultyAddresses, row / 500)
    : written(addressOf(isDuplicate(row) ? earlierRow(row) : row), row);
  const day = `${1940 + (rest % 65)}-${String(1 + (rest % 12)).padStart(2, '0')}-${String(1 + (rest % 28)).padStart(2, '0')}`;
  return [
    `${mix(seed, row, 11).toString(16).padStart(8, '0')}${String(row).padStart(24, '0')}`,
    rest % 2 === 0 ? 'Ms' : 'Mr',
    fieldOf(firstNames, row, salts.first, salts.blankFirst),
    fieldOf(lastNames, row, salts.last, salts.blankLast),
    address,
    `+${30 + (rest % 60)} ${100_000_000 + (rest % 899_999_999)}`,
    `${pick(streets, rest >>> 3)} ${1 + (rest % 200)}`,
    String(10_000 + (rest % 89_999)),
    pick(cities, rest >>> 5),
    pick(countries, rest >>> 7),
    day,
    `2024-0${1 + (rest % 9)}-1${rest % 10}T0${rest % 10}:30:00.000Z`,
    ((rest % 1_000_000) / 100).toFixed(2),
    `${pick(interests, rest >>> 2)};${pick(interests, rest >>> 6)};${pick(interests, rest >>> 9)}`,
    pick(notes, rest >>> 4),
  ];
}
