// An import of the largest size on its way: its length is named, and it can be sent again as it is.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { LARGEST_CSV_BYTES } from '../../shared/constant-contact/import-body';
import { csvFile } from './support/csv-file';
import { startClient } from './support/client';

const csv = () => Buffer.alloc(LARGEST_CSV_BYTES, content);
const content = randomBytes(10_007);
const job = { activity_id: 'j1', state: 'initialized', created_at: '2026-04-28T12:00:00Z' };

test('it arrives whole and of the length that was named, also after an answer that did not wait for its end', async () => {
  const whole: { readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    if (asked === 1) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    void buffer(request).then((body) => {
      whole.push({ headers: request.headers, body });
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(job));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3`;
  const started = await startClient({ apiUrl });
  try {
    const sent = await started.client.importContacts({
      fileName: 'a.csv',
      csv: csvFile(csv()),
      listIds: ['l1'],
    });
    expect(sent.id).toBe('j1');
    expect(asked).toBe(2);
    const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = whole;
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(body.includes(csv())).toBe(true);
  } finally {
    await started.server.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
