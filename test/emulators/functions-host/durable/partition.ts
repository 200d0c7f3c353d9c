// One instance's rows in the History table: its turns, whose rows decide who commits them (a turn's row is created only if it is
// not there), its state, its inbox and its outbox. They share a partition, so that a turn is one transaction.
import { randomBytes } from 'node:crypto';
import type { TransactionAction } from '@azure/data-tables';
import type { Work } from './agenda';
import type { HistoryEvent } from './history';
import { longestValue, restore, shorten, type LargeValues } from './large-values';
import { statusOf, type TaskHub } from './storage';

/** What is sent after a commit, and sent again by whoever finds it unsent. */
export type Outgoing =
  | { readonly kind: 'work'; readonly executionId: string; readonly work: Work }
  | {
      readonly kind: 'tell';
      readonly instanceId: string;
      readonly executionId: string | null;
      readonly event: HistoryEvent;
    };

export interface Received {
  readonly key: string;
  /** The execution it is meant for; null: for whichever there is. */
  readonly executionId: string | null;
  readonly event: HistoryEvent;
}

export interface Loaded {
  readonly executionId: string | undefined;
  /** How many turns of this life are committed. */
  readonly turn: number;
  readonly suspended: boolean;
  /** The row that the last turn made for the Instances table. */
  readonly state: Record<string, unknown> | undefined;
  /** The events of the execution, turn by turn. */
  readonly turns: readonly (readonly HistoryEvent[])[];
  readonly inbox: readonly Received[];
  readonly unsent: readonly { readonly key: string; readonly outgoing: readonly Outgoing[] }[];
}

export interface Commit {
  readonly executionId: string;
  /** From 1. */
  readonly turn: number;
  readonly suspended: boolean;
  readonly state: Record<string, unknown>;
  readonly events: readonly HistoryEvent[];
  readonly consumed: readonly string[];
  readonly outgoing: readonly Outgoing[];
}

export interface Partition {
  load(): Promise<Loaded>;
  /** @returns the key of the outbox row, if there is one. @throws the storage's 409 when another host has committed this turn */
  commit(turn: Commit): Promise<string | undefined>;
  /** Removes the turns before this one: an execution that has continued as new forgets them. */
  forget(turn: number): Promise<void>;
  /** Leaves a message for a later turn. Returns it as `load` would. */
  tell(event: HistoryEvent, executionId: string | null): Promise<Received>;
  /** Whether more turns than these are committed, or something lies unread or unsent for longer than a host is busy with it. */
  hasNews(turn: number): Promise<boolean>;
  sent(outboxKey: string): Promise<void>;
}

type Row = Record<string, unknown> & { partitionKey: string; rowKey: string };

/** So many messages go into one turn: a transaction takes 100 rows. */
export const longestTurn = 90;
/** A row takes 1 MiB; as UTF-16 this is well below. Longer turns go to a blob. */
const longestRow = 300_000;

/** How long whoever wrote a message may take to look at it before another host does. */
const busyMs = 1500;
// Keys tell real time: the clock that tests move is for what the app sees.
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

const sentinel = 'a';
// Behind the state, the inbox and the outbox: those are looked at without it.
const turnRow = (turn: number) => `t_${String(turn).padStart(8, '0')}`;

/** Text over any number of properties. */
const cut = (text: string): Record<string, string> => {
  const parts: Record<string, string> = {};
  for (let at = 0; at < text.length; at += longestValue)
    parts[`Json${at / longestValue}`] = text.slice(at, at + longestValue);
  return parts;
};
const joined = (row: Record<string, unknown>) => {
  let text = '';
  for (let part = 0; typeof row[`Json${part}`] === 'string'; part++) text += String(row[`Json${part}`]);
  return text;
};

export function makePartition(
  hub: TaskHub,
  values: LargeValues,
  instanceId: string,
  lifeId: string,
): Partition {
  const table = hub.history;
  const partitionKey = encodeURIComponent(instanceId);
  const prefix = `${lifeId}_`;
  const row = (key: string, properties: Record<string, unknown>): Row => ({
    partitionKey,
    rowKey: prefix + key,
    ...properties,
  });

  /** JSON in a row, or in a blob when it is long. */
  const packed = async (list: readonly unknown[]) => {
    const text = JSON.stringify(list);
    return text.length > longestRow ? { WholeBlobName: await values.put(instanceId, text) } : cut(text);
  };
  const unpacked = async (stored: Record<string, unknown>): Promise<unknown[]> => {
    const blob = stored['WholeBlobName'];
    return JSON.parse(typeof blob === 'string' ? await values.get(blob) : joined(stored)) as unknown[];
  };

  const packEvents = async (events: readonly HistoryEvent[]) =>
    packed(await Promise.all(events.map((event) => shorten(values, instanceId, event))));
  const unpackEvents = async (stored: Record<string, unknown>) =>
    (await Promise.all(
      (await unpacked(stored)).map((event) => restore(values, event as Record<string, unknown>)),
    )) as unknown as HistoryEvent[];

  const rows = async (from: string, to: string) => {
    const found: Row[] = [];
    const filter = `PartitionKey eq '${partitionKey.replaceAll("'", "''")}' and RowKey ge '${prefix}${from}' and RowKey lt '${prefix}${to}'`;
    for await (const one of table.listEntities<Row>({ queryOptions: { filter } })) found.push(one);
    return found;
  };

  return {
    async load() {
      const all = await rows('a', 'u');
      const head = all.find(({ rowKey }) => rowKey === prefix + sentinel);
      const executionId = typeof head?.['ExecutionId'] === 'string' ? head['ExecutionId'] : undefined;
      const turns: HistoryEvent[][] = [];
      const inbox: Received[] = [];
      const unsent: { key: string; outgoing: Outgoing[] }[] = [];
      for (const one of all) {
        const key = one.rowKey.slice(prefix.length);
        if (key.startsWith('t_')) {
          if (one['ExecutionId'] === executionId) turns.push(await unpackEvents(one));
        } else if (key.startsWith('i_')) {
          const [event] = await unpackEvents(one);
          const target = one['ExecutionId'];
          inbox.push({
            key,
            executionId: typeof target === 'string' && target !== '' ? target : null,
            event: event!,
          });
        } else if (key.startsWith('o_') && key < `o_${ago(busyMs)}`)
          unsent.push({ key, outgoing: (await unpacked(one)) as Outgoing[] });
      }
      return {
        executionId,
        turn: Number(head?.['Turn'] ?? 0),
        suspended: head?.['Suspended'] === true,
        state: head ? ((await unpacked(head))[0] as Record<string, unknown>) : undefined,
        turns,
        inbox,
        unsent,
      };
    },

    async commit({ executionId, turn, suspended, state, events, consumed, outgoing }) {
      const head = row(sentinel, {
        ExecutionId: executionId,
        Turn: turn,
        Suspended: suspended,
        ...(await packed([state])),
      });
      const outboxKey = outgoing.length > 0 ? `o_${ago(0)}_${turn}` : undefined;
      const actions: TransactionAction[] = [
        ['create', row(turnRow(turn), { ExecutionId: executionId, ...(await packEvents(events)) })],
        ['upsert', head, 'Replace'],
        ...(outboxKey === undefined
          ? []
          : [['create', row(outboxKey, await packed(outgoing))] as TransactionAction]),
        ...consumed.map((key): TransactionAction => ['delete', row(key, {})]),
      ];
      await table.submitTransaction(actions);
      return outboxKey;
    },

    forget: (turn) =>
      clearPartition(
        hub,
        instanceId,
        (life, key) => life === lifeId && key.startsWith('t_') && key < turnRow(turn),
      ),

    async tell(event, executionId) {
      // Sorted by the time of arrival; the rest keeps two of one millisecond apart.
      const key = `i_${ago(0)}_${randomBytes(6).toString('hex')}`;
      await table.createEntity(row(key, { ExecutionId: executionId ?? '', ...(await packEvents([event])) }));
      return { key, executionId, event };
    },

    async hasNews(turn) {
      const late = ago(busyMs);
      return (await rows('a', 'p')).some((one) => {
        const key = one.rowKey.slice(prefix.length);
        return key === sentinel ? one['Turn'] !== turn : key < `${key.slice(0, 2)}${late}`;
      });
    },

    async sent(outboxKey) {
      await table.deleteEntity(partitionKey, prefix + outboxKey).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
    },
  };
}

/** Removes rows of an instance: those that `which` says, by their keys without the life, or all. */
export async function clearPartition(
  hub: TaskHub,
  instanceId: string,
  which: (lifeId: string, key: string) => boolean = () => true,
): Promise<void> {
  const partitionKey = encodeURIComponent(instanceId);
  const filter = `PartitionKey eq '${partitionKey.replaceAll("'", "''")}'`;
  const found: string[] = [];
  for await (const { rowKey = '' } of hub.history.listEntities<Row>({ queryOptions: { filter } })) {
    const at = rowKey.indexOf('_');
    if (which(rowKey.slice(0, at), rowKey.slice(at + 1))) found.push(rowKey);
  }
  for (let at = 0; at < found.length; at += 100)
    await hub.history.submitTransaction(
      found.slice(at, at + 100).map((rowKey) => ['delete', { partitionKey, rowKey }]),
    );
}
