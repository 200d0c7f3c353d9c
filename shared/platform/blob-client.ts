// The Blob storage client. What it downloads arrives in a buffer that its connection uses again and again.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { OnReadOpts } from 'node:net';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob';
import type { BlobAccount } from './settings';

/** Read from a connection at a time: four times what Node reads without being asked. Bytes. */
const receiveBytes = 256 * 1024;

/**
 * Without it Node makes a new buffer for each 64 KB that arrive, from which the HTTP parser copies what it hands out (as it must: on the
 * server's side Node uses one buffer again itself). These buffers nobody can give back early; in a large download they make the garbage
 * collector run many times a second.
 */
function withOneBuffer<T extends HttpAgent>(agent: T): T {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(receiveBytes),
      callback(bytes, buffer) {
        socket?.emit('data', buffer.subarray(0, bytes));
        return true;
      },
    };
    const withBuffer: typeof options & { readonly onread: OnReadOpts } = { ...options, onread };
    const socket = connect(withBuffer, callback);
    return socket;
  };
  return agent;
}

/** For `url`'s protocol; its connections are kept. The proxy that the environment may name is not asked. */
export const receivingAgent = (url: string): HttpAgent =>
  new URL(url).protocol === 'https:'
    ? withOneBuffer(new HttpsAgent({ keepAlive: true }))
    : withOneBuffer(new HttpAgent({ keepAlive: true }));

export function makeBlobServiceClient(account: BlobAccount, identity: TokenCredential): BlobServiceClient {
  const { url, credential } =
    'connectionString' in account
      ? BlobServiceClient.fromConnectionString(account.connectionString)
      : new BlobServiceClient(account.blobEndpoint, identity);
  // The pipeline takes it, as all of the SDK's do; only the type of storage's options leaves it out.
  const options: StoragePipelineOptions & { readonly agent: HttpAgent } = { agent: receivingAgent(url) };
  return new BlobServiceClient(url, credential, options);
}
