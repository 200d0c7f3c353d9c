// What the client makes of a network that fails, of no answer, and of answers that lead elsewhere or do not end.
import { createServer, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { isUnavailable } from '../../shared/constant-contact/errors';
import { csvFile } from './support/csv-file';
import { failureOf, startClient, type StartedClient } from './support/client';
import { startRecordingServer } from './support/recording-server';

let started: StartedClient;
beforeEach(async () => {
  started = await startClient();
});
afterEach(() => started.server.close());

const file = { fileName: 'a.csv', csv: csvFile('email\n'), listIds: ['l1'] };
const list = { list_id: 'l1', name: 'News' };

test('a redirect is not followed, so the token goes nowhere else', async () => {
  const { server, client } = started;
  const elsewhere = await startRecordingServer();
  try {
    for (const status of [301, 302, 307, 308]) {
      server.answers({ status, headers: { location: `${elsewhere.url}/v3/contact_lists/l1` }, body: list });
      expect(await failureOf(client.contactList('l1'))).toMatchObject({ code: 'unexpected-answer', status });
    }
    expect(elsewhere.requests).toHaveLength(0);
  } finally {
    await elsewhere.close();
  }
});

test('a connection that breaks off leaves the outcome of a POST open', async () => {
  const { server, client } = started;
  server.answer((_, response) => void response.destroy());
  expect(await failureOf(client.importContacts(file))).toMatchObject({
    code: 'unreachable',
    timedOut: false,
    outcomeUnknown: true,
  });
  expect(await failureOf(client.contactLists())).toMatchObject({
    code: 'unreachable',
    outcomeUnknown: false,
  });
});

test('an answer that breaks off in the middle leaves the outcome of a POST open', async () => {
  const { server, client } = started;
  server.answer((_, response) => {
    response.writeHead(201, { 'content-length': '1000' });
    response.write('{"activity_id":', () => response.destroy());
    return undefined;
  });
  expect(await failureOf(client.importContacts(file))).toMatchObject({
    code: 'unreachable',
    status: 201,
    outcomeUnknown: true,
  });
});

test('the status of a failure counts, also when its text breaks off', async () => {
  const { server, client } = started;
  server.answer((_, response) => {
    response.writeHead(403, { 'content-length': '1000' });
    response.write('[{', () => response.destroy());
    return undefined;
  });
  expect(await failureOf(client.importContacts(file))).toMatchObject({
    code: 'not-allowed',
    outcomeUnknown: false,
  });
});

test('a connection that never stood says that the POST was not sent', async () => {
  // A port that was free a moment ago, and has nobody on it.
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
  const away = await startClient({ apiUrl: `http://127.0.0.1:${port}/v3` });
  try {
    const error = await failureOf(away.client.importContacts(file));
    expect(error).toMatchObject({ code: 'unreachable', outcomeUnknown: false, status: undefined });
    expect((error as Error).cause).toBeDefined();
  } finally {
    await away.server.close();
  }
});

test('a file that breaks off in mid-call is not called a fault of Constant Contact, and nothing whole arrives', async () => {
  const { server, client } = started;
  const cause = new Error('storage is away');
  function* broken() {
    yield Buffer.from('email\n');
    throw cause;
  }
  const csv = { bytes: 100, open: () => Promise.resolve(Readable.from(broken())) };
  const error = await failureOf(client.importContacts({ ...file, csv }));
  expect(error).toMatchObject({ code: 'content-broken-off', outcomeUnknown: true, cause });
  expect(isUnavailable(error)).toBe(false);
  expect(server.requests).toHaveLength(0);
});

test('a file of another length than was said is not sent to its end', async () => {
  const { server, client } = started;
  for (const bytes of [5, 7]) {
    const csv = { ...csvFile('email\n'), bytes };
    const error = await failureOf(client.importContacts({ ...file, csv }));
    expect(error).toMatchObject({ code: 'content-broken-off', cause: { code: 'import-malformed' } });
  }
  expect(server.requests).toHaveLength(0);
});

test('a call has a deadline, and one that misses it leaves the outcome of a POST open', async () => {
  const slow = await startClient({ requestTimeoutMs: 50 });
  try {
    slow.server.answer(() => undefined);
    expect(await failureOf(slow.client.importContacts(file))).toMatchObject({
      code: 'unreachable',
      timedOut: true,
      outcomeUnknown: true,
    });
    slow.server.answer((_, response) => {
      response.writeHead(200).write('{"lists":');
      return undefined;
    });
    expect(await failureOf(slow.client.contactLists())).toMatchObject({
      code: 'unreachable',
      timedOut: true,
      outcomeUnknown: false,
    });
  } finally {
    await slow.server.close();
  }
});

test('an answer without end is not read to the end', async () => {
  const { server, client } = started;
  const closed = new Promise<void>((resolve) => {
    server.answer((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        if (response.writable) response.write(chunk, more);
      };
      response.on('close', resolve);
      more();
      return undefined;
    });
  });
  expect(await failureOf(client.contactLists())).toMatchObject({
    code: 'unexpected-answer',
    fault: 'is too long',
  });
  await closed;
});
