// The task hub in the storage account: its tables, queue and container, named as the real one names them.
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';

export interface TaskHub {
  readonly name: string;
  readonly instances: TableClient;
  readonly history: TableClient;
  readonly workItems: QueueClient;
  readonly largeMessages: ContainerClient;
  /** Holds the lock of the timers. */
  readonly locks: ContainerClient;
}

// Azurite is next door: what fails is tried again soon, and not for long.
const retryOptions = { maxRetries: 4, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };
const blobRetryOptions = { maxTries: 5, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };

/** Creates what is not there. */
export async function openTaskHub(connectionString: string, name: string): Promise<TaskHub> {
  const table = (suffix: string) =>
    TableClient.fromConnectionString(connectionString, `${name}${suffix}`, {
      allowInsecureConnection: true,
      retryOptions,
    });
  const blobs = BlobServiceClient.fromConnectionString(connectionString, { retryOptions: blobRetryOptions });
  const lower = name.toLowerCase();
  const hub: TaskHub = {
    name,
    instances: table('Instances'),
    history: table('History'),
    workItems: new QueueClient(connectionString, `${lower}-workitems`, { retryOptions: blobRetryOptions }),
    largeMessages: blobs.getContainerClient(`${lower}-largemessages`),
    locks: blobs.getContainerClient('azure-webjobs-hosts'),
  };
  await Promise.all([
    hub.instances.createTable(),
    hub.history.createTable(),
    hub.workItems.createIfNotExists(),
    hub.largeMessages.createIfNotExists(),
    hub.locks.createIfNotExists(),
  ]);
  return hub;
}

export const statusOf = (error: unknown): number | undefined =>
  (error as { statusCode?: number } | undefined)?.statusCode;

/** Changed or taken by another host, or gone. */
export const isLost = (error: unknown) => [404, 409, 412].includes(statusOf(error) ?? 0);
