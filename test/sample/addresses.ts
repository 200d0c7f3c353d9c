// A person's address as the list must hold it, and the ways in which a row can write it: fine, untidy, or bad in exactly one respect.
import { mailDomains, type Name } from './names';
import { mix, pick } from './mixing';

export const badAddressKinds = [
  'no-at',
  'several-at',
  'space',
  'comma',
  'bracket',
  'control-character',
  'too-long',
  'no-dot-in-domain',
  'blank',
] as const;

export type BadAddress = (typeof badAddressKinds)[number];

/** The longest address that counts as good. */
const longest = 80;

/** One person in so many has an address of exactly the longest length. */
const longestEvery = 1000;

/** Trimmed, in lower case, and nobody else's. */
export function addressOf(seed: number, person: number, first: Name, last: Name): string {
  const domain = pick(mailDomains, mix(seed, person, 11));
  const local = `${first.ascii}.${last.ascii}.${person.toString(36)}`;
  if (person % longestEvery !== 500) return `${local}@${domain}`;
  return `${local}.${'x'.repeat(longest - local.length - domain.length - 2)}@${domain}`;
}

/** Some letters in upper case. */
export function inMixedCase(address: string, number: number): string {
  return number % 2 === 0
    ? address.toUpperCase()
    : address.replace(/(^|[.@])[a-z]/g, (letter) => letter.toUpperCase());
}

export const withSpaces = (address: string, number: number): string =>
  pick([`  ${address}`, `${address} `, ` ${address}   `], number);

export function spoiled(address: string, kind: BadAddress, number: number): string {
  // Without the filling of the longest addresses: what is spoiled otherwise must not also become too long.
  const short = address.replace(/\.x+@/, '@');
  const at = short.indexOf('@');
  const local = short.slice(0, at);
  const domain = short.slice(at + 1);
  switch (kind) {
    case 'no-at':
      return `${local}.at.${domain}`;
    case 'several-at':
      return `${local}@home.example@${domain}`;
    case 'space':
      return `${local.replace('.', ' ')}@${domain}`;
    case 'comma':
      return `${local.replace('.', ',')}@${domain}`;
    case 'bracket':
      return pick([`<${short}>`, `(${local})@${domain}`, `[${local}]@${domain}`], number);
    case 'control-character':
      return `${local}\u0007@${domain}`;
    case 'too-long':
      return `${local}.${'y'.repeat(longest)}@${domain}`;
    case 'no-dot-in-domain':
      return `${local}@localhost`;
    case 'blank':
      return number % 2 === 0 ? '' : '   ';
  }
}
