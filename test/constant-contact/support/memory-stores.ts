// Typed fakes in memory: a vault that can be made faulty by the test, and leases.
import type { Lease } from '../../../shared/platform/lease';
import type { SecretStore } from '../../../shared/platform/vault';

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
