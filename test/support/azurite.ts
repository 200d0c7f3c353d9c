// Azurite (blobs, queues, tables) as a child process on loopback, for tests and the local stack.
import { tmpdir } from 'node:os';
import { graceMs, markFolder, untilFolderIsLeft } from './azurite-folder';
import { startChild } from './child-process';

// Azurite's documented account, the same everywhere; it guards nothing.
const accountName = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Longer than any pause of a client, so that no kept connection is closed just as the next request is written. Seconds. */
const keepAliveSeconds = 120;

export interface AzuriteOptions {
  /** Where the data lives; in memory when absent. */
  readonly folder?: string;
  /** Ports of one's own choice; a free one for each that is absent. One that is taken fails the start. */
  readonly ports?: { readonly blob?: number; readonly queue?: number; readonly table?: number };
}

export interface Azurite {
  readonly connectionString: string;
  /** `http://127.0.0.1:<port>/<account>`, like the others. */
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
  readonly tableEndpoint: string;
  readonly accountName: string;
  readonly accountKey: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Saves what is in `folder`, and ends. */
  stop(): Promise<void>;
}

/** For the blobs of one that runs, at its `blobEndpoint`. */
export const blobConnectionString = (blobEndpoint: string): string =>
  [
    'DefaultEndpointsProtocol=http',
    `AccountName=${accountName}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=${blobEndpoint}`,
  ].join(';');

export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { folder, ports = {} } = options;
  const args = ['--silent', '--disableTelemetry', '--skipApiVersionCheck'];
  args.push(...(folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder]));
  for (const service of ['blob', 'queue', 'table'] as const) {
    args.push(
      `--${service}Port`,
      String(ports[service] ?? 0),
      `--${service}KeepAliveTimeout`,
      String(keepAliveSeconds),
    );
  }

  if (folder !== undefined) await untilFolderIsLeft(folder);
  const listening: Record<string, string> = {};
  const child = await startChild(
    {
      script: require.resolve('azurite/dist/src/azurite.js'),
      args,
      // Where it would write, were it not told otherwise.
      cwd: folder ?? tmpdir(),
      graceMs: folder === undefined ? 0 : graceMs,
    },
    (line) => {
      const [, service, url] =
        /^Azurite (Blob|Queue|Table) service is successfully listening at (\S+)/.exec(line) ?? [];
      if (service !== undefined && url !== undefined) listening[service] = `${url}/${accountName}`;
      const { Blob: blob, Queue: queue, Table: table } = listening;
      return blob && queue && table ? { blob, queue, table } : undefined;
    },
  );
  if (folder !== undefined && child.process.pid !== undefined) {
    const unmark = markFolder(folder, child.process.pid);
    void child.ended.then(unmark);
  }
  const { blob, queue, table } = child.value;
  return {
    connectionString: [
      'DefaultEndpointsProtocol=http',
      `AccountName=${accountName}`,
      `AccountKey=${accountKey}`,
      `BlobEndpoint=${blob}`,
      `QueueEndpoint=${queue}`,
      `TableEndpoint=${table}`,
      '',
    ].join(';'),
    blobEndpoint: blob,
    queueEndpoint: queue,
    tableEndpoint: table,
    accountName,
    accountKey,
    ended: child.ended,
    stop: child.stop,
  };
}
