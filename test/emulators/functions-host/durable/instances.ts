// The Instances table: one row an instance, what status queries read and what starts an orchestration.
import { randomUUID } from 'node:crypto';
import type { TableEntityResult } from '@azure/data-tables';
import type { ParentInstance } from './history';
import { restore, shorten, type LargeValues } from './large-values';
import { isLost, statusOf, type TaskHub } from './storage';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

/** Input, output and custom status are JSON text; the output of what failed or was terminated is plain text. Times are ISO 8601. */
export interface Instance {
  readonly instanceId: string;
  /** Names this life of the instance id: another when a finished id is started anew, the same over continueAsNew. */
  readonly lifeId: string;
  readonly executionId: string;
  readonly name: string;
  readonly runtimeStatus: RuntimeStatus;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly createdTime: string;
  readonly lastUpdatedTime: string;
  readonly parent: ParentInstance | null;
  /** How many turns of this life are committed. */
  readonly turn: number;
  /** When the next timer is due, or null. */
  readonly nextTimer: string | null;
}

export interface StoredInstance extends Instance {
  readonly etag: string;
}

export const isFinal = (status: RuntimeStatus) =>
  status === 'Completed' || status === 'Failed' || status === 'Terminated';

export interface NewInstance {
  readonly instanceId?: string;
  readonly name: string;
  readonly input: string | null;
  readonly parent?: ParentInstance;
  readonly at: string;
}

export interface Instances {
  /** @returns the new instance, or the one with this id that is not at its end. */
  create(start: NewInstance): Promise<{ readonly created: boolean; readonly instance: StoredInstance }>;
  get(instanceId: string): Promise<StoredInstance | undefined>;
  /** All, or those that are not at their end, by id. */
  list(which: 'all' | 'open'): AsyncIterable<StoredInstance>;
  /** The table's row of an instance; long values are in blobs from then on. */
  encode(instance: Instance): Promise<InstanceRow>;
  /** Writes the state after a turn, unless the row there tells of a later turn or of another life. Returns the row's ETag. */
  record(row: InstanceRow, etag: string): Promise<string>;
  remove(instanceId: string): Promise<void>;
}

type Row = Record<string, unknown>;
export type InstanceRow = Row & { readonly partitionKey: string; readonly rowKey: string };

// Table storage takes no / \ # ? in a key; an instance id may hold some of them (# is common in Durable's own samples).
const keyOf = (instanceId: string) => encodeURIComponent(instanceId);

export function makeInstances(hub: TaskHub, values: LargeValues): Instances {
  const table = hub.instances;

  const toRow = async (instance: Instance): Promise<InstanceRow> => ({
    ...(await shorten(values, instance.instanceId, {
      Input: instance.input ?? '',
      Output: instance.output ?? '',
      CustomStatus: instance.customStatus ?? '',
    })),
    partitionKey: keyOf(instance.instanceId),
    rowKey: '',
    TaskHubName: hub.name,
    Name: instance.name,
    RuntimeStatus: instance.runtimeStatus,
    ExecutionId: instance.executionId,
    LifeId: instance.lifeId,
    CreatedTime: instance.createdTime,
    LastUpdatedTime: instance.lastUpdatedTime,
    Parent: instance.parent ? JSON.stringify(instance.parent) : '',
    Turn: instance.turn,
    NextTimer: instance.nextTimer ?? '',
  });

  const fromRow = async (row: TableEntityResult<Row>): Promise<StoredInstance> => {
    const whole = await restore(values, row);
    const text = (key: string) => (typeof whole[key] === 'string' && whole[key] !== '' ? whole[key] : null);
    const parent = text('Parent');
    return {
      instanceId: decodeURIComponent(row.partitionKey ?? ''),
      lifeId: String(whole['LifeId']),
      executionId: String(whole['ExecutionId']),
      name: String(whole['Name']),
      runtimeStatus: String(whole['RuntimeStatus']) as RuntimeStatus,
      input: text('Input'),
      output: text('Output'),
      customStatus: text('CustomStatus'),
      createdTime: String(whole['CreatedTime']),
      lastUpdatedTime: String(whole['LastUpdatedTime']),
      parent: parent === null ? null : (JSON.parse(parent) as ParentInstance),
      turn: Number(whole['Turn']),
      nextTimer: text('NextTimer'),
      etag: row.etag,
    };
  };

  const get = async (instanceId: string) => {
    try {
      return await fromRow(await table.getEntity<Row>(keyOf(instanceId), ''));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };

  return {
    get,
    async create({ instanceId = randomUUID().replaceAll('-', ''), name, input, parent, at }) {
      const fresh: Instance = {
        instanceId,
        lifeId: randomUUID().replaceAll('-', ''),
        executionId: randomUUID(),
        name,
        runtimeStatus: 'Pending',
        input,
        output: null,
        customStatus: null,
        createdTime: at,
        lastUpdatedTime: at,
        parent: parent ?? null,
        turn: 0,
        nextTimer: null,
      };
      const row = await toRow(fresh);
      for (;;) {
        try {
          const { etag = '' } = await table.createEntity(row);
          return { created: true, instance: { ...fresh, etag } };
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
        }
        const there = await get(instanceId);
        if (there && !isFinal(there.runtimeStatus)) return { created: false, instance: there };
        try {
          if (!there) continue;
          const { etag = '' } = await table.updateEntity(row, 'Replace', { etag: there.etag });
          return { created: true, instance: { ...fresh, etag } };
        } catch (error) {
          if (!isLost(error)) throw error;
        }
      }
    },
    async *list(which) {
      const filter = ['Pending', 'Running', 'Suspended']
        .map((one) => `RuntimeStatus eq '${one}'`)
        .join(' or ');
      const rows = table.listEntities<Row>(which === 'open' ? { queryOptions: { filter } } : {});
      for await (const row of rows) yield await fromRow(row);
    },
    encode: toRow,
    async record(row, etag) {
      let expected = etag;
      for (;;) {
        try {
          return (await table.updateEntity(row, 'Replace', { etag: expected })).etag ?? '';
        } catch (error) {
          if (!isLost(error)) throw error;
        }
        const there = await get(decodeURIComponent(row.partitionKey));
        if (!there || there.lifeId !== row['LifeId'] || there.turn >= Number(row['Turn']))
          return there?.etag ?? '';
        expected = there.etag;
      }
    },
    async remove(instanceId) {
      await table.deleteEntity(keyOf(instanceId), '').catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
    },
  };
}
