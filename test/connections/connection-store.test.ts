// Where connections are kept: without any token.
import { connectionSchema } from '../../shared/connections/connection';
import { makeConnectionStore } from '../../shared/connections/connection-store';
import { aConnection } from '../runs/support/fixtures';
import { makeMemoryTable } from '../support/memory-tables';

test('a connection is kept as it is; of two with one id, the first stays', async () => {
  const connections = makeConnectionStore(makeMemoryTable());
  await connections.create(aConnection({ name: 'First' }));
  await expect(connections.create(aConnection({ name: 'Second' }))).rejects.toThrow(
    'there is a connection main already',
  );
  await expect(connections.get('main')).resolves.toEqual(aConnection({ name: 'First' }));
  await expect(connections.get('other')).resolves.toBeUndefined();
});

test('a token has no place in a connection', () => {
  expect(connectionSchema.safeParse({ ...aConnection(), accessToken: 'x' }).success).toBe(false);
});
