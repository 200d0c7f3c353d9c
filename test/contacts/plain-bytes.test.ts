// The fast path against the exact rules: what it takes, it takes as they would.
import fc from 'fast-check';
import { readAddress } from '../../shared/contacts/address';
import { csvCell } from '../../shared/contacts/csv-line';
import { copyPlainAddress, copyPlainValue } from '../../shared/contacts/plain-bytes';
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
