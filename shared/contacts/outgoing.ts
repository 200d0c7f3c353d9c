// Sends the files' bytes to Blob storage while the next ones are made: in order for each blob, a few requests at a time.
import type { BlobStore, BlobUpload } from '../platform/blobs';

/** Enough to keep the line busy; each holds one block. */
const requestsInFlight = 4;
export const csvType = 'text/csv; charset=utf-8';

/** One blob that is being written. */
export interface OutgoingBlob {
  readonly name: string;
  upload: BlobUpload | undefined;
  busy: boolean;
}

export const outgoingBlob = (name: string): OutgoingBlob => ({ name, upload: undefined, busy: false });

interface Job {
  readonly blob: OutgoingBlob;
  readonly bytes: Uint8Array;
  readonly last: boolean;
  /** Called when the bytes may be used again. */
  readonly free: () => void;
}

export interface Outgoing {
  /** Queues bytes of a blob; with `last`, the blob is complete when they have arrived. The bytes are in use until `free`. */
  send(blob: OutgoingBlob, bytes: Uint8Array, last: boolean, free: () => void): void;
  /** Bytes that have not arrived yet. */
  readonly waiting: number;
  /** Waits until at most `bytes` wait. @throws what a request threw. */
  below(bytes: number): Promise<void>;
  /** Forgets what has not started, and waits for the rest. Never throws. */
  abandon(): Promise<void>;
}

export function makeOutgoing(store: Pick<BlobStore, 'write' | 'upload'>): Outgoing {
  let queue: Job[] = [];
  let running = 0;
  let waiting = 0;
  let failure: { readonly error: unknown } | undefined;
  let waiters: (() => void)[] = [];

  const transfer = async ({ blob, bytes, last }: Job) => {
    if (last && !blob.upload) {
      // All there is: one request instead of two.
      await store.write(blob.name, bytes, csvType);
      return;
    }
    blob.upload ??= store.upload(blob.name, csvType);
    if (bytes.byteLength > 0) await blob.upload.append(bytes);
    if (last) await blob.upload.commit();
  };

  const run = async (job: Job) => {
    running++;
    job.blob.busy = true;
    try {
      await transfer(job);
    } catch (error) {
      failure ??= { error };
      queue = [];
    }
    running--;
    job.blob.busy = false;
    waiting -= job.bytes.byteLength;
    job.free();
    startNext();
    const woken = waiters;
    waiters = [];
    for (const wake of woken) wake();
  };

  const startNext = () => {
    while (running < requestsInFlight) {
      const index = queue.findIndex(({ blob }) => !blob.busy);
      if (index < 0) return;
      const [job] = queue.splice(index, 1);
      if (job) void run(job);
    }
  };

  const change = () =>
    new Promise<void>((resolve) => {
      waiters.push(resolve);
    });

  return {
    send(blob, bytes, last, free) {
      if (failure) return;
      waiting += bytes.byteLength;
      queue.push({ blob, bytes, last, free });
      startNext();
    },
    get waiting() {
      return waiting;
    },
    async below(bytes) {
      while (!failure && (waiting > bytes || (bytes === 0 && running + queue.length > 0))) await change();
      if (failure) throw failure.error;
    },
    async abandon() {
      failure ??= { error: new Error('abandoned') };
      queue = [];
      while (running > 0) await change();
    },
  };
}
