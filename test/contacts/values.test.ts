import fc from 'fast-check';
import { csvCell, withoutFormula } from '../../shared/contacts/csv-line';
import { cleanValue } from '../../shared/contacts/values';

describe('a value', () => {
  it('is brought to Unicode NFC', () => {
    expect(cleanValue('Zoe\u0308', 50).value).toBe('Zo\u00EB');
    expect(cleanValue('\u212B', 50).value).toBe('\u00C5');
  });

  it('has one space for each run of control characters and line breaks', () => {
    expect(cleanValue('a\u0000b\r\n\r\nc\u2028d\u0085\u007Fe', 50).value).toBe('a b c d e');
  });

  it('keeps the spaces that it has inside', () => {
    expect(cleanValue('Anna  Maria\u00A0B', 50).value).toBe('Anna  Maria\u00A0B');
  });

  it('is trimmed at its ends, of all kinds of white space', () => {
    expect(cleanValue('\uFEFF \t\u3000Anna\u00A0\n', 50)).toEqual({ value: 'Anna', cut: false });
  });

  it('is cut at its length in code points, and says so', () => {
    expect(cleanValue('abcdef', 3)).toEqual({ value: 'abc', cut: true });
    expect(cleanValue('abc', 3)).toEqual({ value: 'abc', cut: false });
    expect(cleanValue('😀😀😀', 3)).toEqual({ value: '😀😀😀', cut: false });
    expect(cleanValue('😀😀😀😀', 3)).toEqual({ value: '😀😀😀', cut: true });
    // Four characters as written, three after NFC.
    expect(cleanValue('abe\u0301', 3)).toEqual({ value: 'ab\u00E9', cut: false });
  });

  it('is blank when there is nothing but white space and control characters', () => {
    expect(cleanValue(' \u0000\n\u3000', 50)).toEqual({ value: '', cut: false });
  });

  it('stays as it is when it is cleaned again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (raw, maxLength) => {
          const { value } = cleanValue(raw, maxLength);
          expect(Array.from(value).length).toBeLessThanOrEqual(maxLength);
          expect(value).toBe(value.normalize('NFC'));
          expect(value).not.toMatch(/\p{Cc}/u);
          expect(cleanValue(value, maxLength).value).toBe(value.trimEnd());
        },
      ),
    );
  });
});

describe('a CSV cell', () => {
  it('is quoted only when it has to be', () => {
    expect(csvCell('a b')).toBe('a b');
    expect(csvCell('a,b')).toBe('"a,b"');
    expect(csvCell('a"b')).toBe('"a""b"');
    expect(csvCell('a\nb')).toBe('"a\nb"');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', ' =1', '＝1', '＋1', '－1', '＠A1'])(
    'for people is no formula: %j',
    (text) => {
      expect(withoutFormula(text)).toBe(`'${text}`);
    },
  );

  it.each(['a=1', '1-1', 'joe@example.com', '', "'=1"])(
    'for people stays as it is when it is none: %j',
    (text) => {
      expect(withoutFormula(text)).toBe(text);
    },
  );
});
