// What is wrong with a draft of an export: everything at once, each with its field and a sentence.
import { ReconnectNeeded } from '../../shared/constant-contact/token-errors';
import { ServiceUnavailable } from '../../shared/constant-contact/errors';
import type { Connection } from '../../shared/connections/connection';
import { makeCheckExport } from '../../shared/exports/check-export';
import type { ExportDraft } from '../../shared/exports/export';
import { makeFakeAccount } from '../runs/support/fake-account';
import { aConnection, listId, noon } from '../runs/support/fixtures';
import { makeJumpingClock } from '../constant-contact/support/clocks';
import { memoryBlobs } from '../segments/memory-blobs';
import { entity, model, sourceOf } from '../segments/model';

type Draft = Pick<ExportDraft, 'segments' | 'mapping' | 'listId'>;

const draft: Draft = {
  segments: ['Customers', 'vips'],
  mapping: {
    email: 'EMail',
    profileId: 'CustomerId',
    fields: { first_name: 'FirstName', 'cf:Size': 'ShoeSize' },
  },
  listId,
};

function start() {
  const blobs = memoryBlobs();
  const columns = ['CustomerId', 'EMail', 'FirstName', 'ShoeSize', 'Twin', 'Twin'];
  blobs.put(
    'ci/model.json',
    model([
      entity('Customers', [{ location: 'ci/Customers/1.csv' }], columns),
      entity('VIPs', [{ location: 'ci/VIPs/1.csv' }], ['CustomerId', 'EMail']),
      entity('NoEmail', [{ location: 'ci/NoEmail/1.csv' }], ['CustomerId']),
      entity('Empty', []),
    ]),
  );
  const account = makeFakeAccount();
  account.fields = [{ id: '1', name: 'Size', label: 'Size', type: 'string' }];
  const asked: string[] = [];
  const check = makeCheckExport({
    segments: sourceOf(blobs),
    constantContact(connectionId) {
      asked.push(connectionId);
      return account;
    },
    wasSignedIn: ({ id }) => Promise.resolve(id !== 'new'),
    clock: makeJumpingClock(noon).clock,
  });
  return {
    blobs,
    account,
    asked,
    check: (change: Partial<Draft> = {}, connection: Connection | null = aConnection()) =>
      check({ ...draft, ...change }, connection),
  };
}

type Started = ReturnType<typeof start>;
const codes = async (checked: ReturnType<Started['check']>) =>
  (await checked).problems.map(({ path, code }) => [path, code]);

test('a draft in order has no problem, and the list has its name', async () => {
  const { check } = start();
  await expect(check()).resolves.toEqual({ problems: [], listName: 'Customers' });
});

test('a detached export is checked against the catalogue only', async () => {
  const { check, asked } = start();
  await expect(check({}, null)).resolves.toEqual({ problems: [], listName: null });
  expect(await codes(check({ segments: ['gone'] }, null))).toEqual([['segments.0', 'segment-unknown']]);
  expect(asked).toEqual([]);
});

test('a connection that nobody has signed in with is not asked', async () => {
  const { check, asked } = start();
  expect(await codes(check({}, aConnection({ id: 'new' })))).toEqual([['connectionId', 'not-signed-in']]);
  expect(asked).toEqual([]);
});

test('all problems are told, not only the first', async () => {
  const { check, account } = start();
  account.lists = [];
  const checked = check({
    segments: ['Customers', 'gone', 'Empty', 'customers'],
    mapping: { email: 'EMail', fields: { last_name: 'LastName', 'cf:Hat': 'FirstName', 'cf:Shoe': 'Twin' } },
  });
  expect(await codes(checked)).toEqual([
    ['segments.1', 'segment-unknown'],
    ['segments.2', 'segment-without-data'],
    ['segments.3', 'segment-twice'],
    ['mapping.fields.last_name', 'column-missing'],
    ['mapping.fields.cf:Shoe', 'column-ambiguous'],
    ['listId', 'list-unknown'],
    ['mapping.fields.cf:Hat', 'custom-field-unknown'],
    ['mapping.fields.cf:Shoe', 'custom-field-unknown'],
  ]);
  const { problems } = await checked;
  for (const { sentence } of problems) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
  expect(problems[3]!.sentence).toBe(
    'None of the segments has a column "LastName". Choose another one in the data matching.',
  );
});

test("the address's column must be in every segment, any other in one of them", async () => {
  const { check } = start();
  const checked = check({ segments: ['Customers', 'NoEmail'] });
  expect((await checked).problems).toEqual([
    {
      path: 'mapping.email',
      code: 'column-missing',
      sentence: 'The segment "NoEmail" has no column "EMail". Choose another one in the data matching.',
    },
  ]);
});

test('when there is no catalogue, that is the problem of the segments', async () => {
  const { check, blobs } = start();
  blobs.remove('ci/model.json');
  expect(await codes(check())).toEqual([['segments', 'model-missing']]);
});

test('a list that was deleted is no list', async () => {
  const { check, account } = start();
  account.lists = [{ id: listId, name: 'Customers', deleted: true }];
  const checked = check();
  expect(await codes(checked)).toEqual([['listId', 'list-deleted']]);
  expect((await checked).listName).toBeNull();
});

describe('the connection is the problem', () => {
  test.each<[string, Partial<Connection>, string]>([
    ['when nobody has agreed', { consent: null }, 'consent-needed'],
    [
      'while it is being removed',
      {
        removing: { since: new Date(noon).toISOString(), by: { id: 'a/b', name: 'Ada' }, exports: 'detach' },
      },
      'connection-removing',
    ],
  ])('%s, and nothing is asked', async (_name, change, code) => {
    const { check, asked } = start();
    expect(await codes(check({}, aConnection(change)))).toEqual([['connectionId', code]]);
    expect(asked).toEqual([]);
  });

  test('when its sign-in is of another account, whose list and fields say nothing', async () => {
    const { check, account } = start();
    const connection = aConnection({ account: { id: 'other', organization: 'Other' } });
    account.lists = [];
    expect(await codes(check({}, connection))).toEqual([['connectionId', 'account-changed']]);
  });

  test('when somebody has to sign in again', async () => {
    const { check, account } = start();
    account.before = () => {
      throw new ReconnectNeeded('main', 'refresh-token-refused');
    };
    expect(await codes(check())).toEqual([['connectionId', 'reconnect-needed']]);
  });
});

test('when Constant Contact is away, nobody can tell, and that is thrown', async () => {
  const { check, account } = start();
  const away = new ServiceUnavailable({ method: 'GET', path: '/contact_lists/{list_id}', status: 503 });
  account.before = () => {
    throw away;
  };
  await expect(check()).rejects.toBe(away);
});

test('the account is asked three times at most, and not for fields that are not mapped', async () => {
  const { check, account } = start();
  const connection = aConnection({ account: { id: 'account', organization: 'Org' } });
  await check({}, connection);
  expect(account.calls.map(({ method }) => method)).toEqual([
    'accountSummary',
    'contactList',
    'customFields',
  ]);
  account.calls.length = 0;
  await check({ mapping: { email: 'EMail', fields: {} } });
  expect(account.calls.map(({ method }) => method)).toEqual(['contactList']);
});
