// Who is asking: the header of App Service authentication, believed only when it can be believed.
import fc from 'fast-check';
import { principalFrom, type Trust } from '../../shared/access/principal';

const tenantId = '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11';
const trust: Trust = { authenticationOn: true, tenantId };
const uri = 'http://schemas.microsoft.com/identity/claims/';
const roleUri = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role';

type Claim = readonly [typ: string, val: string];
const person: readonly Claim[] = [
  [`${uri}tenantid`, tenantId],
  [`${uri}objectidentifier`, 'person-1'],
  ['name', 'Ada Lovelace'],
];
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const header = (claims: readonly Claim[], rest: object = {}) =>
  encode({
    auth_typ: 'aad',
    name_typ: 'name',
    role_typ: roleUri,
    claims: claims.map(([typ, val]) => ({ typ, val })),
    ...rest,
  });
const roleOf = (claims: readonly Claim[], rest?: object) =>
  principalFrom(header([...person, ...claims], rest), trust)?.role;

test('a signed-in person is known by tenant and object id, and has a name for people to read', () => {
  expect(principalFrom(header([...person, [roleUri, 'Contributor']]), trust)).toEqual({
    tenantId,
    objectId: 'person-1',
    name: 'Ada Lovelace',
    role: 'Contributor',
  });
});

test('short names of claims are known too', () => {
  const claims: Claim[] = [
    ['tid', tenantId],
    ['oid', 'person-1'],
    ['preferred_username', 'ada@example.com'],
    ['roles', 'Viewer'],
  ];
  expect(principalFrom(header(claims, { name_typ: null, role_typ: null }), trust)).toEqual({
    tenantId,
    objectId: 'person-1',
    name: 'ada@example.com',
    role: 'Viewer',
  });
});

test('an application without a name goes by its object id', () => {
  expect(principalFrom(header(person.slice(0, 2)), trust)).toMatchObject({
    name: 'person-1',
    role: undefined,
  });
});

test('the tenant is compared without case, as ids are', () => {
  expect(principalFrom(header(person), { ...trust, tenantId: tenantId.toUpperCase() })).toBeDefined();
});

describe('it is nobody', () => {
  test.each<[string, string | null | undefined, Partial<Trust>]>([
    ['without a header', null, {}],
    ['without any header at all', undefined, {}],
    ['with an empty header', '', {}],
    [
      'when the platform does not say that authentication is on: anybody could have written the header',
      header(person),
      { authenticationOn: false },
    ],
    ['of another tenant', header(person), { tenantId: '00000000-0000-4000-8000-000000000001' }],
    ['without a tenant', header(person.slice(1)), {}],
    ['without an object id', header([person[0]!, person[2]!]), {}],
    ['with an empty object id', header([person[0]!, [`${uri}objectidentifier`, '']]), {}],
    ['with something that is not base64', '{"claims":[]}', {}],
    ['with JSON of another form', encode({ claims: 'all' }), {}],
    ['with claims of another form', encode({ claims: [{ typ: 'tid', val: 7 }] }), {}],
    ['with half a header', header(person).slice(0, 40), {}],
  ])('%s', (_name, value, change) => {
    expect(principalFrom(value, { ...trust, ...change })).toBeUndefined();
  });

  test('with garbage of any kind, which is no error either', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => Buffer.from(text).toString('base64')),
        ),
        (value) => {
          expect(principalFrom(value, trust)).toBeUndefined();
        },
      ),
    );
  });
});

describe('the role', () => {
  test.each<[string, readonly Claim[], object | undefined, ReturnType<typeof roleOf>]>([
    [
      'comes from the claim type that the header names for roles',
      [[roleUri, 'Administrator']],
      undefined,
      'Administrator',
    ],
    [
      'comes from another claim type that the header names',
      [['my-roles', 'Viewer']],
      { role_typ: 'my-roles' },
      'Viewer',
    ],
    ['comes from "roles" whatever the header names', [['roles', 'Contributor']], undefined, 'Contributor'],
    [
      'is the highest of several',
      [
        ['roles', 'Viewer'],
        ['roles', 'Administrator'],
        ['roles', 'Contributor'],
      ],
      undefined,
      'Administrator',
    ],
    [
      'is the highest of both claim types',
      [
        ['roles', 'Viewer'],
        [roleUri, 'Contributor'],
      ],
      undefined,
      'Contributor',
    ],
    ['is none without such a claim', [], undefined, undefined],
    ['is none for a role of another app', [['roles', 'Owner']], undefined, undefined],
    ['is compared exactly', [['roles', 'administrator']], undefined, undefined],
    ['is not taken from a claim of another type', [['groups', 'Administrator']], undefined, undefined],
    [
      'is not taken from a claim without a type when the header names none',
      [['', 'Administrator']],
      { role_typ: null },
      undefined,
    ],
    ['is not taken from the name', [['name', 'Administrator']], undefined, undefined],
  ])('%s', (_name, claims, rest, role) => {
    expect(roleOf(claims, rest)).toBe(role);
  });
});
