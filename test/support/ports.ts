// Ports on loopback for servers that people shall find again where they were.
import { once } from 'node:events';
import { createServer } from 'node:net';

const attempts = 200;

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** `wanted`, or the next one that nothing listens on and that is not in `taken`, which it joins. */
export async function nextFreePort(wanted: number, taken = new Set<number>()): Promise<number> {
  for (let port = wanted; port < wanted + attempts && port < 65_536; port += 1) {
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error(`no port is free from ${wanted} on`);
}
