// What a data matching may say.
import { mappingSchema } from '../../shared/contacts/mapping';

const parse = (fields: Record<string, string>) => mappingSchema.safeParse({ email: 'Email', fields }).success;

test.each(['first_name', 'company_name', 'cf:loyalty_tier', 'cf:Kunden-Nr.', 'cf:größe', 'cf:a, "b"'])(
  'takes the field %s',
  (field) => {
    expect(parse({ [field]: 'Column' })).toBe(true);
  },
);

test.each(['email', 'firstname', 'cf:', `cf:${'x'.repeat(51)}`, 'cf:line\nbreak', 'list_memberships'])(
  'refuses the field %j',
  (field) => {
    expect(parse({ [field]: 'Column' })).toBe(false);
  },
);

test('takes 25 custom fields and no more, as Constant Contact does', () => {
  const fields = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, number) => [`cf:field${number}`, 'Column']));
  expect(parse(fields(25))).toBe(true);
  expect(parse(fields(26))).toBe(false);
});

test('refuses what it does not know, and a matching without the address', () => {
  expect(mappingSchema.safeParse({ email: 'Email', nickname: 'Nick' }).success).toBe(false);
  expect(mappingSchema.safeParse({ fields: {} }).success).toBe(false);
});
