// The id of a list, out of what people paste.
import fc from 'fast-check';
import { listIdFrom, pastedListIdSchema } from '../../shared/exports/list-address';

const id = '5f0c1b52-6a0e-4b1f-8d39-5c2b6e0a9f11';

test.each<[string, string]>([
  ['the id', id],
  ['the id in capitals', id.toUpperCase()],
  ['the id with spaces around it', `  ${id}\n`],
  ['the id in braces', `{${id}}`],
  ['the address of its page', `https://app.constantcontact.com/pages/contacts/ui#contacts/lists/${id}`],
  ['an address that goes on after it', `https://app.constantcontact.com/lists/${id}/members?page=2#top`],
  ['an address with the id in its query', `https://app.constantcontact.com/contacts?list_id=${id}&sort=name`],
  [
    'an address that holds another one',
    `https://login.example.com/?next=https%3A%2F%2Fapp%2Flists%2F${id}%2Fx`,
  ],
  [
    'an address that holds another one twice encoded',
    `https://login.example.com/?next=app%252Flists%252F${id}`,
  ],
  ['an address that has it twice', `https://app.constantcontact.com/lists/${id}?list=${id.toUpperCase()}`],
  ['a text with a sign that encodes nothing', `100% ${id}`],
])('is found in %s', (_name, pasted) => {
  expect(listIdFrom(pasted)).toBe(id);
  expect(pastedListIdSchema.parse(pasted)).toBe(id);
});

test.each<[string, string]>([
  ['nothing', ''],
  ['the name of a list', 'Customers'],
  ['an address without one', 'https://app.constantcontact.com/pages/contacts/ui#lists'],
  ['the ids of two lists', `${id} 00000000-6a0e-4b1f-8d39-5c2b6e0a9f11`],
  ['an id that is too short', id.slice(1)],
  ['an id inside a longer word', `x${id}`],
  ['an id that goes on', `${id}0`],
])('is not found in %s', (_name, pasted) => {
  expect(listIdFrom(pasted)).toBeUndefined();
  expect(pastedListIdSchema.safeParse(pasted).success).toBe(false);
});

test('is found in any address that holds it and no other, whatever stands around it', () => {
  const part = fc.webUrl({ withFragments: true, withQueryParameters: true });
  fc.assert(
    fc.property(
      part,
      fc.uuid(),
      fc.constantFrom('/', '?list=', '#', '&id=', ' '),
      (address, uuid, before) => {
        fc.pre(listIdFrom(address) === undefined);
        expect(listIdFrom(`${address}${before}${uuid}`)).toBe(uuid);
        expect(listIdFrom(`${encodeURIComponent(`${address}${before}${uuid}`)}&more`)).toBe(uuid);
      },
    ),
  );
});
