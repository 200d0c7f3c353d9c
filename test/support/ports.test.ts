// Ports that people know, and what happens when somebody else has them.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { nextFreePort } from './ports';

test('a port in use is passed over, and no port is given twice', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const taken = new Set<number>();
    const first = await nextFreePort(port, taken);
    const second = await nextFreePort(port, taken);
    expect(first).toBeGreaterThan(port);
    expect(second).toBeGreaterThan(first);
  } finally {
    server.close();
    await once(server, 'close');
  }
});
