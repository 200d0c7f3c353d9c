// After a run nothing of a contact, and no token, lies in the history, in any table or queue, or in the logs.
import { gzipSync } from 'node:zlib';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { storedTokensSchema, tokenSecretName } from '../../shared/constant-contact/token-secret';
import { openPlatform } from '../../shared/platform/open-platform';
import { readSettings } from '../../shared/platform/settings';
import { startStack, type Stack } from '../local/stack';
import { seedConnectionAndExport } from '../local/seed';
import { exportRun } from '../../functions/orchestrators/export-run';
import { makeAppApi } from '../demo/app-api';
import { replayEveryTurn } from '../support/replay';
import { everythingIn, wordsIn } from '../support/search-storage';

const container = 'segments';
const words = ['zebulon', 'quixotica', 'marmaduke', 'vellichor'];
const rows = [
  'id1,zebulon.one@quixotica.example.com,Marmaduke,Vellichor',
  'id2,zebulon.two@quixotica.example.com,Marmaduke,',
  'id3,zebulon three@quixotica.example.com,Marmaduke,Vellichor',
  'id4,zebulon.two@quixotica.example.com,Marmaduke,Vellichor',
  'id5,zebulon.unsubscribed@quixotica.example.com,Marmaduke,Vellichor',
];

let stack: Stack;
const logged: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    container,
    prefix: 'export',
    jobMilliseconds: 200,
    settings: { POLL_FIRST_SECONDS: '0.3' },
    constantContactSeed: {
      lists: [{ name: 'Customers' }],
      contacts: [{ address: 'zebulon.unsubscribed@quixotica.example.com', status: 'unsubscribed' }],
    },
    onLog: (line) => void logged.push(line),
  });
}, 60_000);
afterAll(() => stack.stop());

const blobs = () =>
  BlobServiceClient.fromConnectionString(stack.azurite.connectionString).getContainerClient(container);

async function upload(): Promise<void> {
  await blobs().createIfNotExists();
  const csv = `CustomerId,Email,First,Last\n${rows.join('\n')}\n`;
  await blobs().getBlockBlobClient('export/people.csv').upload(csv, Buffer.byteLength(csv));
  const model = JSON.stringify({
    name: 'export',
    version: '1.0',
    entities: [
      {
        $type: 'LocalEntity',
        name: 'People',
        attributes: ['CustomerId', 'Email', 'First', 'Last'].map((name) => ({ name, dataType: 'string' })),
        partitions: [
          {
            name: 'People',
            location: `${blobs().url}/export/people.csv`,
            fileFormatSettings: { columnHeaders: true },
          },
        ],
      },
    ],
  });
  await blobs().getBlockBlobClient('export/model.json').upload(model, Buffer.byteLength(model));
}

async function storedTokens(connectionId: string) {
  const { secrets } = openPlatform(readSettings({ ...stack.appEnvironment }));
  return storedTokensSchema.parse(JSON.parse((await secrets.get(tokenSecretName(connectionId))) ?? ''));
}

/** Where the words and tokens are found, outside the containers that are meant to hold contacts. */
async function traces(secrets: readonly string[]): Promise<string[]> {
  const wanted = [...words, ...secrets];
  const places: string[] = [];
  for await (const { where, content } of everythingIn(stack.azurite.connectionString, [container, 'runs'])) {
    for (const word of wordsIn(content, wanted)) places.push(`${where}: ${word}`);
  }
  for (const word of wordsIn(Buffer.from(logged.join('\n')), wanted)) places.push(`logs: ${word}`);
  return places;
}

test('a run with every kind of outcome leaves no address, name or token behind, and the search would find one', async () => {
  await upload();
  const listId = stack.constantContact.state(0).lists[0]!.id;
  const { exportId, connectionId } = await seedConnectionAndExport(stack, {
    name: 'People',
    listId,
    segments: ['People'],
    columns: { email: 'Email', profileId: 'CustomerId', firstName: 'First', lastName: 'Last' },
  });
  const before = await storedTokens(connectionId);
  // One job fails, one call fails after it was carried out, and the token has to be renewed on the way.
  stack.constantContact.failJob({ end: 'failed' });
  stack.constantContact.failRequest({
    method: 'POST',
    path: '/v3/activities',
    action: { kind: 'status', status: 503, when: 'after' },
  });
  stack.constantContact.revokeTokens('access');

  const api = makeAppApi(stack.functionsUrl, AbortSignal.timeout(60_000));
  const path = await api.startRun(exportId);
  const run = await api.untilOver(path, 60_000, () => undefined);
  expect(run.counts).toEqual({
    read: 5,
    accepted: 2,
    duplicate: 1,
    rejected: 1,
    refused: 1,
    unconfirmed: 0,
    notSent: 0,
  });

  const after = await storedTokens(connectionId);
  expect(after.accessToken).not.toBe(before.accessToken);
  const { clientSecret } = stack.constantContact;
  const secrets = [
    before.accessToken,
    before.refreshToken,
    after.accessToken,
    after.refreshToken,
    clientSecret,
  ];
  expect(await traces(secrets)).toEqual([]);

  const history = await stack.host.history(path.split('/').pop() ?? '');
  expect(wordsIn(Buffer.from(JSON.stringify(history)), [...words, ...secrets])).toEqual([]);
  expect((await replayEveryTurn(history.events, exportRun)).turns).toBeGreaterThan(3);

  const planted = 'zebulon.planted@quixotica.example.com';
  const table = TableClient.fromConnectionString(stack.azurite.connectionString, 'exports', {
    allowInsecureConnection: true,
  });
  await table.createEntity({
    partitionKey: 'planted',
    rowKey: '1',
    packed: gzipSync(planted).toString('base64'),
  });
  logged.push(JSON.stringify({ event: 'planted', note: encodeURIComponent(planted) }));
  expect((await traces(secrets)).map((place) => place.split(':')[0]).sort()).toEqual([
    'logs',
    'logs',
    'table exports',
    'table exports',
  ]);
}, 90_000);
