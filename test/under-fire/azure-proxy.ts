// Stands in front of Azurite's three services: one connection string, one set of faults, and everything that was written.
import type { Azurite } from '../support/azurite';
import { makeFaults, startFaultProxy, type Faults, type Passing } from './fault-proxy';

export interface AzureProxy extends Faults {
  /** Signatures stay valid: they cover the path, not the host. */
  readonly connectionString: string;
  /** Every body that was written, with the place that it was written to. */
  readonly written: readonly { readonly where: string; readonly content: Buffer }[];
  stop(): Promise<void>;
}

export async function startAzureProxy(azurite: Azurite): Promise<AzureProxy> {
  const faults = makeFaults();
  const written: { where: string; content: Buffer }[] = [];
  const keep = ({ method, path, body }: Passing) =>
    void written.push({ where: `${method} ${path}`, content: body });
  const origins = [azurite.blobEndpoint, azurite.queueEndpoint, azurite.tableEndpoint].map(
    (endpoint) => new URL(endpoint).origin,
  );
  const proxies = await Promise.all(origins.map((origin) => startFaultProxy(origin, faults, keep)));
  const connectionString = origins.reduce(
    (text, origin, index) => text.replace(origin, proxies[index]?.url ?? ''),
    azurite.connectionString,
  );
  return {
    ...faults,
    hold: faults.hold.bind(faults),
    connectionString,
    written,
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    },
  };
}
