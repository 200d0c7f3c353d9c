// A real HTTP server on a free port that answers what the test says, and keeps every request byte by byte.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as JSON, a string as it is. */
  readonly body?: unknown;
}

/** Answers the request itself, or returns the answer. */
export type Handler = (
  request: Recorded,
  response: ServerResponse,
) => Answer | undefined | Promise<Answer | undefined>;

export interface RecordingServer {
  readonly url: string;
  readonly requests: readonly Recorded[];
  /** What it answers from now on. */
  answer(handler: Handler): void;
  /** What it answers next, one request after another; the last one stays. */
  answers(...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

export async function startRecordingServer(): Promise<RecordingServer> {
  const requests: Recorded[] = [];
  let handle: Handler = () => ({ status: 500 });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const recorded = { method, url, headers, body: Buffer.concat(chunks) };
      requests.push(recorded);
      void Promise.resolve(handle(recorded, response)).then((answer) => {
        if (!answer) return;
        const { status = 200, headers: own = {}, body = '' } = answer;
        response.writeHead(status, { 'content-type': 'application/json', ...own });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer(handler) {
      handle = handler;
    },
    answers(...answers) {
      let next = 0;
      handle = () => answers[Math.min(next++, answers.length - 1)];
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
