import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { csvCell, withoutFormula } from '../../shared/contacts/csv-line';
import { cleanValue, mostJoined } from '../../shared/contacts/values';

/** The rule for a value as it reads, without regard to time. */
function plainRule(raw: string, maxLength: number) {
  const characters = Array.from(
    raw
      .normalize('NFC')
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .replace(/^[\p{White_Space}\uFEFF]+/u, '')
      .replace(/(?<![\p{White_Space}\uFEFF])[\p{White_Space}\uFEFF]+$/u, ''),
  );
  return { value: characters.slice(0, maxLength).join(''), cut: characters.length > maxLength };
}

/** Letters and marks that NFC joins, sorts, takes apart or leaves alone, some of them beyond the BMP; spaces of all kinds. */
const joining = [
  'a', 'E', '\u03C9', '\u0313', '\u0342', '\u0345', '\u0301', '\u0316', '\u0344', '\u0958', '\u212B', '\u1100', '\u1161', '\u11A8',
  '\u09C7', '\u09BE', '\u{11099}', '\u{110BA}', '\u{1F600}', '\u{1D15E}', ' ', '\u2000', '\u00A0', '\uFEFF', '\n', '\u0007', '\u2028',
]; // prettier-ignore

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

  it('is by the rule, however NFC changes it, and whether it is shorter or many times longer than its field', () => {
    const parts = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...joining) },
        { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 2 }) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(fc.constantFrom(...joining), fc.integer({ min: 1, max: 300 }))
            .map(([one, times]) => one.repeat(times)),
        },
      ),
      { maxLength: 80, size: 'max' },
    );
    fc.assert(
      fc.property(parts, fc.constantFrom(1, 2, 10, 50, 255), (some, maxLength) => {
        const raw = some.join('').toWellFormed();
        expect(cleanValue(raw, maxLength)).toEqual(plainRule(raw, maxLength));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['joined, four to one', '\u03C9\u0313\u0342\u0345', '\u1FA6'],
    ['joined, beyond the BMP', '\u{11099}\u{110BA}', '\u{1109A}'],
    ['left alone, beyond the BMP', '\u{1F600}', '\u{1F600}'],
  ])('is cut after characters, not in the middle of them: %s', (_name, written, character) => {
    for (const count of [49, 50, 51, 249, 250, 251, 300, 301, 600, 601, 1_199, 1_200, 1_201, 5_000]) {
      expect(cleanValue(written.repeat(count), 50)).toEqual({
        value: character.repeat(Math.min(count, 50)),
        cut: count > 50,
      });
      expect(cleanValue(`x${written.repeat(count)}`, 50).value).toBe(
        `x${character.repeat(Math.min(count, 49))}`,
      );
    }
  });

  it('has the marks of a character in their order, also behind hundreds of them', () => {
    expect(cleanValue(`a${'\u0301'.repeat(900)}\u0316`, 50)).toEqual({
      value: `\u00E1\u0316${'\u0301'.repeat(48)}`,
      cut: true,
    });
  });

  it('of a long run of marks does not hold up the worker', async () => {
    // Brought to NFC as a whole it takes more time than jest gives a test.
    const marks = `a${'\u0301\u0316'.repeat(120_000)}`;
    expect(cleanValue(marks, 50)).toEqual({ value: `\u00E1${'\u0316'.repeat(49)}`, cut: true });
    expect(cleanValue(`\n${marks}\n`, 255)).toEqual({ value: `\u00E1${'\u0316'.repeat(254)}`, cut: true });
    // Between two turns of the event loop jest's timer goes off, if it is late.
    await setImmediate();
    await setImmediate();
  });

  it('is joined by NFC of four code points at most, on which the length of its first part relies', () => {
    let most = 0;
    for (let code = 0; code < 0x110000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      most = Math.max(most, Array.from(String.fromCodePoint(code).normalize('NFD')).length);
    }
    expect(most).toBe(mostJoined);
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
