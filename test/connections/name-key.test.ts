// When two names are the same to people.
import * as fc from 'fast-check';
import { connectionNameSchema } from '../../shared/connections/connection';
import { nameKey } from '../../shared/connections/name-key';

test.each([
  ['Newsletter', 'NEWSLETTER'],
  ['Straße', 'STRASSE'],
  ['ΟΔΟΣ', 'οδος'],
  ['Ｎｅｗｓ', 'news'],
  ['e\u0301te', 'ÉTE'],
  ['ﬁnance', 'Finance'],
  ['a  b', 'A b'],
  ['a\u00a0b', 'a b'],
  ['news\u200b', 'NEWS'],
])('%j and %j are one name', (one, other) => {
  expect(nameKey(one)).toBe(nameKey(other));
});

test.each([
  ['News', 'News 2'],
  ['a b', 'ab'],
  ['é', 'e'],
  ['日本', '日木'],
])('%j and %j are two names', (one, other) => {
  expect(nameKey(one)).not.toBe(nameKey(other));
});

test('case, form and blanks at the ends never make another name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const key = nameKey(name);
      expect(nameKey(key)).toBe(key);
      for (const variant of [name.toUpperCase(), name.normalize('NFD'), name.normalize('NFC'), ` ${name}\t`])
        expect(nameKey(variant)).toBe(key);
    }),
    { numRuns: 2_000 },
  );
});

test('a name has something to see, on one line, and at most 100 characters', () => {
  for (const name of [
    '',
    '  ',
    '\u200b\u2060',
    'a\nb',
    'a\u0000',
    'a\u2028b',
    'x'.repeat(101),
    '\ud800',
    7,
    null,
  ])
    expect(connectionNameSchema.safeParse(name).success).toBe(false);
  for (const name of ['a', ' News ', '😀', 'a/b', '..', 'x'.repeat(100)])
    expect(connectionNameSchema.safeParse(name).success).toBe(true);
  expect(connectionNameSchema.parse(' e\u0301 ')).toBe('é');
});
