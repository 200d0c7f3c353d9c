// The queue of activities. A message that is being worked on is hidden and its hiding renewed; when the host dies it comes back.
import type { QueueClient } from '@azure/storage-queue';
import type { LargeValues } from './large-values';
import { statusOf } from './storage';

export interface WorkItem {
  readonly instanceId: string;
  readonly lifeId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: unknown;
}

/** An item that this host has claimed. */
export interface Claim {
  readonly item: WorkItem;
  /** How often it has been handed out, this time included. */
  readonly deliveries: number;
  /** Hides it for another while. */
  renew(): Promise<void>;
  done(): Promise<void>;
  /** Puts it back for anyone. */
  release(): Promise<void>;
}

export interface WorkQueue {
  /** Puts an item there and claims it. */
  claimNew(item: WorkItem): Promise<Claim>;
  put(item: WorkItem): Promise<void>;
  claim(atMost: number): Promise<Claim[]>;
}

/** What goes into a message before base64 and the envelope are over the queue's 64 KiB. */
const longestMessageBytes = 45 * 1024;
const mostPerCall = 32;

export function makeWorkQueue(queue: QueueClient, values: LargeValues, visibilityMs: number): WorkQueue {
  const visibilityTimeout = Math.max(1, Math.ceil(visibilityMs / 1000));

  const encode = async (item: WorkItem) => {
    const text = JSON.stringify(item);
    if (Buffer.byteLength(text) <= longestMessageBytes) return Buffer.from(text).toString('base64');
    const blobName = await values.put(item.instanceId, text);
    return Buffer.from(JSON.stringify({ blobName })).toString('base64');
  };
  const decode = async (messageText: string): Promise<WorkItem> => {
    const value = JSON.parse(Buffer.from(messageText, 'base64').toString()) as
      WorkItem | { blobName: string };
    return 'blobName' in value ? (JSON.parse(await values.get(value.blobName)) as WorkItem) : value;
  };

  const claimed = (item: WorkItem, messageId: string, receipt: string, deliveries: number): Claim => {
    let popReceipt = receipt;
    const change = async (timeout: number) => {
      const changed = await queue.updateMessage(messageId, popReceipt, undefined, timeout);
      popReceipt = changed.popReceipt ?? popReceipt;
    };
    // Somebody else has it when it is gone or under another receipt; then it is theirs to finish.
    const unlessLost = (error: unknown) => {
      if (![400, 404].includes(statusOf(error) ?? 0)) throw error;
    };
    return {
      item,
      deliveries,
      renew: () => change(visibilityTimeout).catch(unlessLost),
      done: () => queue.deleteMessage(messageId, popReceipt).then(() => undefined, unlessLost),
      release: () => change(0).catch(unlessLost),
    };
  };

  return {
    async claimNew(item) {
      const sent = await queue.sendMessage(await encode(item), { visibilityTimeout });
      return claimed(item, sent.messageId, sent.popReceipt, 1);
    },
    async put(item) {
      await queue.sendMessage(await encode(item));
    },
    async claim(atMost) {
      const numberOfMessages = Math.min(atMost, mostPerCall);
      const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages, visibilityTimeout });
      return Promise.all(
        receivedMessageItems.map(async (message) =>
          claimed(
            await decode(message.messageText),
            message.messageId,
            message.popReceipt,
            message.dequeueCount,
          ),
        ),
      );
    },
  };
}
