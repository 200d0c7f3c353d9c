// Typed fakes in memory: a table with ETags, a vault, leases. Each can be made slow or faulty by the test.
import type { Lease } from '../../../shared/platform/lease';
import type { Table } from '../../../shared/platform/tables';
import type { SecretStore } from '../../../shared/platform/vault';

/** Rows with ETags. `latency` is awaited before each call takes effect. */
export function makeMemoryTable(
  latency: () => Promise<void> = () => Promise.resolve(),
): Table & { rows: number; lost: number } {
  const rows = new Map<string, { json: string; etag: string }>();
  let version = 0;
  const table = {
    lost: 0,
    get rows() {
      return rows.size;
    },
    prepare: () => Promise.resolve(),
    async get(schema, partition, rowKey) {
      await latency();
      const row = rows.get(`${partition}/${rowKey}`);
      return row && { rowKey, value: schema.parse(JSON.parse(row.json)), etag: row.etag };
    },
    async change(partition, changes) {
      await latency();
      const stale = changes.some((change) => {
        const row = rows.get(`${partition}/${change.rowKey}`);
        return change.kind === 'create' ? row !== undefined : row?.etag !== change.etag;
      });
      if (stale) {
        table.lost += 1;
        return false;
      }
      for (const change of changes) {
        if (change.kind === 'remove') throw new Error('not used');
        version += 1;
        rows.set(`${partition}/${change.rowKey}`, {
          json: JSON.stringify(change.value),
          etag: String(version),
        });
      }
      return true;
    },
    remove: () => Promise.reject(new Error('not used')),
    range: () => {
      throw new Error('not used');
    },
    page: () => Promise.reject(new Error('not used')),
    all: () => {
      throw new Error('not used');
    },
  } satisfies Table & { rows: number; lost: number };
  return table;
}

export interface MemorySecrets extends SecretStore {
  readonly stored: Map<string, string>;
  /** Every value that was set, in order. */
  readonly history: string[];
  /** Called before each access; may throw. */
  before: (access: 'get' | 'set' | 'retire' | 'remove', name: string) => void;
}

export function makeMemorySecrets(): MemorySecrets {
  const secrets: MemorySecrets = {
    stored: new Map(),
    history: [],
    before: () => undefined,
    async get(name) {
      await Promise.resolve();
      secrets.before('get', name);
      return secrets.stored.get(name);
    },
    async set(name, value) {
      await Promise.resolve();
      secrets.before('set', name);
      secrets.stored.set(name, value);
      secrets.history.push(value);
    },
    async retireOlder(name) {
      await Promise.resolve();
      secrets.before('retire', name);
    },
    async remove(name) {
      await Promise.resolve();
      secrets.before('remove', name);
      secrets.stored.delete(name);
    },
  };
  return secrets;
}

/** Leases that never end by themselves. `lose` takes one away from its holder. */
export function makeMemoryLease() {
  const holders = new Map<string, symbol>();
  const lease: Lease = {
    prepare: () => Promise.resolve(),
    acquire(name) {
      if (holders.has(name)) return Promise.resolve(undefined);
      const me = Symbol(name);
      holders.set(name, me);
      return Promise.resolve({
        renew: () => Promise.resolve(holders.get(name) === me),
        release() {
          if (holders.get(name) === me) holders.delete(name);
          return Promise.resolve();
        },
      });
    },
  };
  return { lease, held: () => [...holders.keys()], lose: (name: string) => void holders.delete(name) };
}
