// The fast path against the exact rules: what it takes, it takes as they would.
import fc from 'fast-check';
import { readAddress } from '../../shared/contacts/address';
import { csvCell } from '../../shared/contacts/csv-line';
import { readBirthdayPart, readDate } from '../../shared/contacts/dates';
import {
  copyPlainAddress,
  copyPlainValue,
  readPlainDate,
  readPlainNumber,
} from '../../shared/contacts/plain-bytes';
import { cleanValue } from '../../shared/contacts/values';

const out = Buffer.alloc(4096);

const fastAddress = (raw: string) => {
  const bytes = Buffer.from(`##${raw}##`);
  const length = copyPlainAddress(bytes, 2, bytes.length - 2, out);
  return length < 0 ? undefined : out.toString('utf8', 0, length);
};

const fastValue = (raw: string, maxLength: number) => {
  const bytes = Buffer.from(`##${raw}##`);
  const end = copyPlainValue(bytes, 2, bytes.length - 2, maxLength, out, 7);
  return end < 0 ? undefined : out.toString('utf8', 7, end);
};

const inBytes = (raw: string, read: (bytes: Uint8Array, from: number, to: number) => number) => {
  const bytes = Buffer.from(`12${raw}34`);
  return read(bytes, 2, bytes.length - 2);
};

const textOf = (characters: string) =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...Array.from(characters)) },
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join(''));

describe('the fast path', () => {
  it('takes ordinary addresses, so that they cost no strings', () => {
    expect(fastAddress(' Joe.Doe+News@Example.COM\r')).toBe('joe.doe+news@example.com');
    expect(fastAddress(`${'a'.repeat(68)}@example.com`)).toBe(`${'a'.repeat(68)}@example.com`);
  });

  it('takes ordinary names, also those of Europe and China', () => {
    for (const name of ['Ann', ' Ann ', 'José', 'Łukasz Žižek', 'Ольга', '李小龍', '=1+1', "O'Neill", '']) {
      expect(fastValue(name, 50)).toBe(name.trim());
    }
    expect(fastValue('Smith, "Joe"', 50)).toBe('"Smith, ""Joe"""');
  });

  it('takes dates as Customer Insights writes them, and small numbers, so that they cost no strings', () => {
    expect(inBytes('1971-09-29', readPlainDate)).toBe(19_710_929);
    expect(inBytes('1971-09-29T00:00:00.000Z', readPlainDate)).toBe(19_710_929);
    for (const number of ['0', '7', '07', '17', '99'])
      expect(inBytes(number, readPlainNumber)).toBe(Number(number));
  });

  it('takes no date and no number that the exact rule reads otherwise', () => {
    const digits = (count: number) =>
      fc.nat({ max: 10 ** count - 1 }).map((number) => String(number).padStart(count, '0'));
    const year = fc.oneof(digits(4), fc.constantFrom('2000', '1900', '2024'));
    const part = fc.oneof(digits(2), digits(1), fc.constantFrom('02', '29', '30', '31', '12'));
    const rest = fc.oneof(
      fc.constantFrom('', 'T00:00:00.000Z', 'T00:00:00Z', ' 00:00:00.000Z', 'T00:00:00.000z', 'T24:00'),
      textOf('T0:.Z+- '),
    );
    const separator = fc.constantFrom('-', '-', '-', '/');
    const date = fc.tuple(year, separator, part, separator, part, rest).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(date, part, textOf('0123456789. ')), (raw) => {
        const number = inBytes(raw, readPlainNumber);
        if (number >= 0) {
          expect(cleanValue(raw, 50)).toEqual({ value: raw, cut: false });
          expect([readBirthdayPart(raw, 'day'), readBirthdayPart(raw, 'month')]).toEqual([number, number]);
        }
        const read = inBytes(raw, readPlainDate);
        if (read < 0) return;
        expect(cleanValue(raw, 50)).toEqual({ value: raw, cut: false });
        expect(readDate(raw)).toBe(raw.slice(0, 10));
        expect(raw.slice(0, 10).replaceAll('-', '')).toBe(String(read).padStart(8, '0'));
        expect(readBirthdayPart(raw, 'day')).toBe(read % 100);
        expect(readBirthdayPart(raw, 'month')).toBe(Math.trunc(read / 100) % 100);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes no address that the exact rule rejects or writes otherwise', () => {
    const address = fc.oneof(
      textOf('aZ9.@@ ,([{<"+-'),
      fc.tuple(textOf('aZ9.+-_ '), textOf('aZ.-')).map(([local, domain]) => `${local}@${domain}`),
    );
    fc.assert(
      fc.property(address, (raw) => {
        const taken = fastAddress(raw);
        if (taken !== undefined) expect(readAddress(raw)).toEqual({ address: taken });
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no value that the exact rule writes otherwise', () => {
    fc.assert(
      fc.property(
        textOf('aZ ,"\'é\u0301łЯ\u0306中\u00A0\u0000\n='),
        fc.integer({ min: 1, max: 60 }),
        (raw, maxLength) => {
          const taken = fastValue(raw, maxLength);
          const { value, cut } = cleanValue(raw, maxLength);
          if (taken !== undefined) expect({ cell: taken, cut: false }).toEqual({ cell: csvCell(value), cut });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes no character beyond ASCII that is anything but a letter which is NFC beside any other that it takes', () => {
    const taken: string[] = [];
    for (let code = 0x80; code < 0x110000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const character = String.fromCodePoint(code);
      if (fastValue(character, 50) === undefined) continue;
      taken.push(character);
    }
    expect(taken.length).toBeGreaterThan(20_000);
    const all = taken.join('');
    expect(/[\p{Cc}\p{White_Space}\p{M}]/u.test(all)).toBe(false);
    expect(all.normalize('NFC') === all).toBe(true);
    // Nothing that can come second in a composition is among them: each stays itself after any letter.
    const joining = taken.filter((character) =>
      ['A', 'é', 'Я', '中'].some((before) => (before + character).normalize('NFC') !== before + character),
    );
    expect(joining).toEqual([]);
  });
});
