import fc from 'fast-check';
import { addressReasons, maskAddress, readAddress } from '../../shared/contacts/address';

const reasonOf = (raw: string) => {
  const verdict = readAddress(raw);
  return 'reason' in verdict ? verdict.reason : undefined;
};

describe('an address', () => {
  it.each([
    ['joe@example.com', 'joe@example.com'],
    ['  Joe.Doe@Example.COM\t', 'joe.doe@example.com'],
    ['\uFEFFjoe@example.com', 'joe@example.com'],
    ['\u00A0\u2003joe@example.com\u3000\u0085\u2028', 'joe@example.com'],
    ['JÖRG@EXAMPLE.DE', 'jörg@example.de'],
    ['o"neill@example.com', 'o"neill@example.com'],
    ["=o'neill+news@sub.example.co.uk", "=o'neill+news@sub.example.co.uk"],
    [`${'a'.repeat(68)}@example.com`, `${'a'.repeat(68)}@example.com`],
    [`${'😀'.repeat(68)}@example.com`, `${'😀'.repeat(68)}@example.com`],
  ])('is taken, trimmed and lower-cased: %j', (raw, address) => {
    expect(readAddress(raw)).toEqual({ address });
  });

  it.each([
    ['', 'address-blank'],
    [' \t\u00A0', 'address-blank'],
    [`${'a'.repeat(69)}@example.com`, 'address-too-long'],
    [`${'😀'.repeat(69)}@example.com`, 'address-too-long'],
    ['jo\u0000e@example.com', 'address-control-character'],
    ['joe\n@example.com', 'address-control-character'],
    ['joe\u007F@example.com', 'address-control-character'],
    ['joe\u0085doe@example.com', 'address-control-character'],
    ['joe doe@example.com', 'address-space'],
    ['joe\u00A0doe@example.com', 'address-space'],
    ['joe@example.com,ann@example.com', 'address-comma'],
    ['joe(work)@example.com', 'address-bracket'],
    ['<joe@example.com>', 'address-bracket'],
    ['joe@[127.0.0.1]', 'address-bracket'],
    ['{joe}@example.com', 'address-bracket'],
    ['joe', 'address-at-sign'],
    ['joe@doe@example.com', 'address-at-sign'],
    ['@example.com', 'address-local-part'],
    ['joe@', 'address-domain'],
    ['joe@localhost', 'address-domain'],
    ['joe@.example.com', 'address-domain'],
    ['joe@example.com.', 'address-domain'],
    ['joe@example..com', 'address-domain'],
  ] as const)('is rejected: %j as %s', (raw, reason) => {
    expect(reasonOf(raw)).toBe(reason);
  });

  it('gets a sentence for each reason', () => {
    for (const sentence of Object.values(addressReasons)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it('is judged as a plain second reading of the rules judges it', () => {
    // Characters at which rules bite, more often than others would come up.
    const character = fc.oneof(
      fc.constantFrom(
        ...Array.from('aZ9.@ ,()[]<>{}"\'+-_\u0000\n\t\u007F\u0085\u00A0\u2028\u3000\uFEFFÄß😀İK'),
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const address = fc.oneof(
      fc.array(character, { maxLength: 90 }).map((parts) => parts.join('')),
      fc
        .tuple(fc.array(character, { maxLength: 6 }), fc.array(character, { maxLength: 3 }))
        .map(([local, domain]) => `${local.join('')}@${domain.join('')}example.com`),
    );
    fc.assert(
      fc.property(address, (raw) => {
        const whole = raw
          .replace(/^[\p{White_Space}\uFEFF]+/u, '')
          .replace(/[\p{White_Space}\uFEFF]+$/u, '')
          .toLowerCase();
        const good =
          /^[^@]+@([^@.]+\.)+[^@.]+$/u.test(whole) &&
          !/[\p{Cc}\p{White_Space}\uFEFF,()[\]<>{}]/u.test(whole) &&
          Array.from(whole).length <= 80;
        expect(readAddress(raw)).toEqual(
          good ? { address: whole } : { reason: expect.any(String) as string },
        );
      }),
    );
  });
});

describe('a masked address', () => {
  it.each([
    ['joe@example.com', 'j***@e***.com'],
    [' Joe.Doe@mail.example.co.uk ', 'J***@m***.uk'],
    ['joe', 'j***'],
    ['joe@doe@example.com', 'j***@e***.com'],
    ['joe@localhost', 'j***@l***'],
    ['joe@example.john doe', 'j***@e***'],
    ['@', '***@***'],
    ['😀a@b.c', '😀***@b***'],
    ['', ''],
  ])('shows little of %j', (raw, masked) => {
    expect(maskAddress(raw)).toBe(masked);
  });
});
