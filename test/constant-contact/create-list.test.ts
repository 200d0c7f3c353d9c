// A list is made once, whatever becomes of the answer, and a taken name is said so: the emulator, over HTTP.
import { failureOf } from './support/client';
import { startConnections, type ConnectionsWorld } from '../connections/support/connections-world';

let world: ConnectionsWorld;
let account: ReturnType<ConnectionsWorld['constantContact']>;
beforeEach(async () => {
  world = await startConnections();
  account = world.constantContact(await world.connect());
});
afterEach(() => world.stop());

const names = () => world.emulator.state().lists.map(({ name }) => name);

test('a name that is taken is said so, with the list that has it', async () => {
  const { id } = await account.createContactList('News & “more”');
  expect(await failureOf(account.createContactList('NEWS & “MORE”'))).toMatchObject({
    code: 'list-name-taken',
    listId: undefined,
  });
  expect(await failureOf(account.createContactList('News & “more”'))).toMatchObject({
    code: 'list-name-taken',
    listId: id,
    cause: { status: 409 },
  });
  expect(names()).toEqual(['News & “more”']);
});

test('an answer that is lost after the list was made brings that list', async () => {
  world.emulator.failRequest({
    method: 'POST',
    path: '/v3/contact_lists',
    action: { kind: 'drop', when: 'after' },
  });
  const { id } = await account.createContactList('News');
  await expect(account.contactList(id)).resolves.toMatchObject({ name: 'News' });
  expect(names()).toEqual(['News']);
});

test('a fault before the list was made is told, and no list is there', async () => {
  const action = { kind: 'status', status: 500, when: 'before' } as const;
  world.emulator.failRequest({ method: 'POST', path: '/v3/contact_lists', action });
  expect(await failureOf(account.createContactList('News'))).toMatchObject({ code: 'service-unavailable' });
  expect(names()).toEqual([]);
});

test('lists and custom fields come whole, page after page, with names, members and types', async () => {
  const lists = Array.from({ length: 501 }, (_, index) => ({ name: `List ${index}` }));
  const customFields = Array.from({ length: 100 }, (_, index) => ({ label: `Field ${index}`, type: 'date' }));
  world.emulator.seed({ lists, customFields, contacts: [{ address: 'a@example.com', lists: ['List 7'] }] });
  const found = await account.contactLists();
  expect(found).toHaveLength(501);
  expect(found.find(({ name }) => name === 'List 7')).toMatchObject({ members: 1, deleted: false });
  const fields = await account.customFields();
  expect(fields).toHaveLength(100);
  expect(fields[3]).toMatchObject({ label: 'Field 3', name: 'Field_3', type: 'date' });
});
