// First and last names as a row writes them, and what the list must then hold.
import { accentedNames } from './names';
import { pick } from './mixing';

export const nameTraps = [
  'blank-first',
  'blank-last',
  'blank-both',
  'only-spaces',
  'padded',
  'line-break',
  'control-character',
  'doubled-quotes',
  'comma',
  'decomposed',
  'formula',
  'over-long',
  'over-long-astral',
  'exactly-as-long',
] as const;

export type NameTrap = (typeof nameTraps)[number];

export interface WrittenName {
  readonly firstCell: string;
  readonly lastCell: string;
  /** What the list must hold; `undefined` where nothing may be sent. */
  readonly first: string | undefined;
  readonly last: string | undefined;
}

const formulas = [
  '=HYPERLINK("http://phish.example","Click")',
  '+1+1',
  '@SUM(1,2)',
  "-2+3+cmd|' /C calc'!A0",
] as const;

/** Code points; the length of the name fields. */
const longest = 50;

/** `first` and `last` are plain: composed, not blank, without anything that a rule would change. */
export function writtenName(
  first: string,
  last: string,
  trap: NameTrap | undefined,
  number: number,
): WrittenName {
  const plain = { firstCell: first, lastCell: last, first, last };
  switch (trap) {
    case undefined:
      return plain;
    case 'blank-first':
      return { ...plain, firstCell: '', first: undefined };
    case 'blank-last':
      return { ...plain, lastCell: '', last: undefined };
    case 'blank-both':
      return { firstCell: '', lastCell: '', first: undefined, last: undefined };
    case 'only-spaces':
      return { ...plain, firstCell: '   ', first: undefined };
    case 'padded':
      return { ...plain, firstCell: ` ${first}  `, lastCell: `${last} ` };
    case 'line-break':
      return { ...plain, firstCell: `${first}${pick(['\n', '\r\n'], number)}Lee`, first: `${first} Lee` };
    case 'control-character':
      return { ...plain, lastCell: `${last}\u0001\u0002Lee`, last: `${last} Lee` };
    case 'doubled-quotes':
      return { ...plain, firstCell: `${first} "Bob"`, first: `${first} "Bob"` };
    case 'comma':
      return { ...plain, lastCell: `${last}, Jr.`, last: `${last}, Jr.` };
    case 'decomposed': {
      const accented = pick(accentedNames, number);
      return { ...plain, firstCell: accented.normalize('NFD'), first: accented.normalize('NFC') };
    }
    case 'formula': {
      const formula = pick(formulas, number);
      return { ...plain, firstCell: formula, first: formula };
    }
    case 'over-long':
      return { ...plain, lastCell: `${'Von'.repeat(20)}${last}`, last: 'Von'.repeat(20).slice(0, longest) };
    case 'over-long-astral': {
      // Code point 50 takes two UTF-16 units: a cut that counts units would leave half of it.
      const kept = `${'A'.repeat(longest - 1)}𝒵`;
      return { ...plain, firstCell: `${kept}${first}`, first: kept };
    }
    case 'exactly-as-long': {
      const whole = '𝒜'.repeat(longest);
      return { ...plain, firstCell: whole, first: whole };
    }
  }
}
