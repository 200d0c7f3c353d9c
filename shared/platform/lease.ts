// "One at a time" across instances: a lease on an empty blob, which ends by itself when its holder dies.
import type { ContainerClient } from '@azure/storage-blob';
import { statusOf } from './azure-errors';

export interface LeaseHandle {
  /** Starts the lease's time anew. @returns false when the lease is lost. */
  renew(): Promise<boolean>;
  /** It is no fault when the lease is lost already. */
  release(): Promise<void>;
}

export interface Lease {
  /** Creates what holds the leases unless it is there. */
  prepare(): Promise<void>;
  /**
   * @param name letters, digits, `-`, `_`, `.` and `/`.
   * @param seconds 15 to 60, which is what Blob storage allows.
   * @returns `undefined` when somebody else holds it.
   */
  acquire(name: string, seconds: number): Promise<LeaseHandle | undefined>;
}

/** 404: no such blob; 409 and 412: the lease is somebody else's, or over. */
const lost = new Set([404, 409, 412]);

export function makeLease(container: ContainerClient): Lease {
  const unless = async (expected: ReadonlySet<number>, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (expected.has(statusOf(error) ?? 0)) return false;
      throw error;
    }
  };

  return {
    async prepare() {
      await container.createIfNotExists();
    },

    async acquire(name, seconds) {
      const blob = container.getBlockBlobClient(name);
      // The client proposes one id, so a call that the SDK repeats takes the lease that its first try got.
      const client = blob.getBlobLeaseClient();
      const take = () => unless(new Set([409]), () => client.acquireLease(seconds));
      let taken: boolean;
      try {
        taken = await take();
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await unless(lost, () => blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }));
        taken = await take();
      }
      if (!taken) return undefined;
      return {
        renew: () => unless(lost, () => client.renewLease()),
        async release() {
          await unless(lost, () => client.releaseLease());
        },
      };
    },
  };
}
