// Blob storage's connections: what arrives is whole and stays so, although the connection's buffer is used again.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  get,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
} from 'node:http';
import { createServer as createTlsServer, get as getByTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { makeBlobServiceClient, receivingAgent } from '../../shared/platform/blob-client';
import { startAzurite } from '../support/azurite';

const noIdentity = { getToken: () => Promise.resolve(null) };

const content = randomBytes(5_000_011);
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

type Ask = (url: string, options: RequestOptions) => ClientRequest;
const opened = (url: string, ask: Ask = get) => {
  const agent = receivingAgent(url);
  closers.unshift(() => {
    agent.destroy();
    return Promise.resolve();
  });
  return async (path: string): Promise<IncomingMessage> => {
    const request = ask(`${url}${path}`, { agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };
};

test('each chunk stays what it was while others arrive', async () => {
  const port = await listening(createServer((_request, response) => response.end(content)));
  const response = await opened(`http://127.0.0.1:${port}`)('/');
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    await setImmediate();
  }
  expect(chunks.length).toBeGreaterThan(1);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
});

test('one connection serves one request after another', async () => {
  let connections = 0;
  const server = createServer((request, response) =>
    response.end(content.subarray(Number(request.url?.slice(1)))),
  );
  server.on('connection', () => connections++);
  const ask = opened(`http://127.0.0.1:${await listening(server)}`);
  for (const from of [0, 4_000_000, 17]) {
    const got = await buffer(await ask(`/${from}`));
    expect(got.equals(content.subarray(from))).toBe(true);
    await setImmediate();
  }
  expect(connections).toBe(1);
});

test('what nobody reads yet is not taken in', async () => {
  const large = Buffer.alloc(64 * 1024 * 1024, 'x');
  let isSent = false;
  const server = createServer((_request, response) => {
    response.write(large, () => {
      isSent = true;
    });
    response.end();
  });
  const response = await opened(`http://127.0.0.1:${await listening(server)}`)('/');
  await once(response, 'readable');
  for (let turn = 0; turn < 1_000; turn++) await setImmediate();
  expect(response.readableLength).toBeLessThan(2 * 1024 * 1024);
  expect(isSent).toBe(false);
  expect((await buffer(response)).equals(large)).toBe(true);
});

test('a connection that breaks fails the response', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 1_000_000), () => response.destroy());
  });
  const response = await opened(`http://127.0.0.1:${await listening(server)}`)('/');
  await expect(buffer(response)).rejects.toThrow('aborted');
});

test('it is the same by TLS', async () => {
  // By a shared key, so that no certificate is needed.
  const psk = randomBytes(32);
  const ciphers = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
  const server = createTlsServer({ ...ciphers, pskCallback: () => psk }, (_request, response) =>
    response.end(content),
  );
  const withKey: ConnectionOptions = {
    ...ciphers,
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  };
  const ask = opened(`https://127.0.0.1:${await listening(server)}`, (url, options) =>
    getByTls(url, { ...options, ...withKey }),
  );
  for (let time = 0; time < 2; time++) expect((await buffer(await ask('/'))).equals(content)).toBe(true);
});

test('the storage client downloads in larger pieces than Node does of itself', async () => {
  const azurite = await startAzurite();
  closers.push(() => azurite.stop());
  const { connectionString } = azurite;
  const container = makeBlobServiceClient({ connectionString }, noIdentity).getContainerClient('files');
  await container.create();
  await container.getBlockBlobClient('one').upload(content, content.length);
  const chunks: Buffer[] = [];
  for await (const chunk of (await container.getBlobClient('one').download()).readableStreamBody!) {
    chunks.push(chunk as Buffer);
    for (let turn = 0; turn < 10; turn++) await setImmediate();
  }
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeGreaterThan(64 * 1024);
});
