// What each role may do.
import { hasRole, mayUse } from '../../shared/access/permissions';
import { roles, type Principal, type Role } from '../../shared/access/principal';
import { aConnection } from '../runs/support/fixtures';

const somebody = (role: Role | undefined): Principal => ({ tenantId: 't', objectId: 'o', name: 'Ada', role });

test.each<[Role | undefined, readonly Role[]]>([
  [undefined, []],
  ['Viewer', ['Viewer']],
  ['Contributor', ['Viewer', 'Contributor']],
  ['Administrator', ['Viewer', 'Contributor', 'Administrator']],
])('%s has the rights of %j', (role, held) => {
  expect(roles.filter((one) => hasRole(somebody(role), one))).toEqual(held);
});

const shared = aConnection({ sharedWith: 'administrators-and-contributors' });
const unshared = aConnection({ sharedWith: 'administrators' });

test.each<[Role | undefined, string, Parameters<typeof mayUse>[1], boolean]>([
  ['Administrator', 'a shared connection', shared, true],
  ['Administrator', 'an unshared connection', unshared, true],
  ['Administrator', 'no connection', undefined, true],
  ['Contributor', 'a shared connection', shared, true],
  ['Contributor', 'an unshared connection', unshared, false],
  ['Contributor', 'no connection', undefined, false],
  ['Viewer', 'a shared connection', shared, false],
  [undefined, 'a shared connection', shared, false],
])('%s may use an export with %s: %p', (role, _what, connection, may) => {
  expect(mayUse(somebody(role), connection)).toBe(may);
});
