// Where connections are kept: a row each, and a row for what must be unique about it. Their tokens are in Key Vault only.
import { idSchema } from '../platform/ids';
import type { Change, Stored, Table } from '../platform/tables';
import { connectionSchema, type Connection } from './connection';
import {
  AccountTaken,
  ConnectionBeingRemoved,
  ConnectionChanged,
  ConnectionMissing,
  NameTaken,
} from './connection-errors';
import {
  accountKey,
  claimSchema,
  claimsOf,
  connectionKey,
  connectionKeys,
  healthKey,
  partition,
  removedKey,
  removedSchema,
  type Claim,
} from './connection-rows';
import { noFacts } from './health-facts';

export interface ConnectionStore {
  /** `undefined` for whatever is no id, too. */
  get(id: string): Promise<Connection | undefined>;
  /** The same with its version. */
  read(id: string): Promise<Stored<Connection> | undefined>;
  /** The id of the connection that is pinned to this account. */
  ofAccount(accountId: string): Promise<string | undefined>;
  /** Every connection, those that are being removed included, by id. */
  list(): AsyncIterable<Connection>;
  /** @throws {NameTaken} {AccountTaken}, and when there is, or was, a connection of that id. */
  create(value: Connection): Promise<Stored<Connection>>;
  /**
   * Stores what `change` makes of it, unless that is what it is: whoever finds the very same stored by somebody else is done, too.
   * @param etag the version that the change is made to; `undefined` makes it to whichever there is, again until it is stored.
   * @throws {ConnectionMissing} {ConnectionBeingRemoved} {ConnectionChanged} {NameTaken} {AccountTaken}, and whatever `change` throws.
   */
  change(
    id: string,
    etag: string | undefined,
    change: (before: Connection) => Connection,
  ): Promise<Stored<Connection>>;
  /**
   * Removes one that is being removed, with all that it held; its id is never taken again. It is no fault when it is gone.
   */
  remove(id: string, at: Date): Promise<void>;
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

export function makeConnectionStore(table: Table): ConnectionStore {
  const read = async (id: string) =>
    idSchema.safeParse(id).success ? table.get(connectionSchema, partition, connectionKey(id)) : undefined;

  async function need(id: string): Promise<Stored<Connection>> {
    const found = await read(id);
    if (!found) throw new ConnectionMissing(id);
    return found;
  }

  const take = (id: string, claims: readonly Claim[]) =>
    claims.map(({ rowKey }): Change => ({ kind: 'create', rowKey, value: { connectionId: id } }));

  /** Claims change only together with their connection's row, whose version guards them. */
  const giveUp = (claims: readonly Claim[]) =>
    claims.map(({ rowKey }): Change => ({ kind: 'remove', rowKey }));

  /** Of a lost change: says which claim is another connection's, if that is why. */
  async function refuseTaken(id: string, claims: readonly Claim[]): Promise<void> {
    for (const { kind, rowKey } of claims) {
      const holder = (await table.get(claimSchema, partition, rowKey))?.value.connectionId;
      if (holder === undefined || holder === id) continue;
      throw kind === 'name' ? new NameTaken(holder) : new AccountTaken(holder);
    }
  }

  return {
    read,
    get: async (id) => (await read(id))?.value,

    async ofAccount(accountId) {
      return (await table.get(claimSchema, partition, accountKey(accountId)))?.value.connectionId;
    },

    async *list() {
      for await (const { value } of table.range(connectionSchema, partition, ...connectionKeys)) yield value;
    },

    async create(wanted) {
      const value = connectionSchema.parse(wanted);
      const { id } = value;
      if (await table.get(removedSchema, partition, removedKey(id)))
        throw new Error(`there was a connection ${id} before; an id is never used again`);
      for (;;) {
        const done = await table.change(partition, [
          { kind: 'create', rowKey: connectionKey(id), value },
          { kind: 'create', rowKey: healthKey(id), value: noFacts },
          ...take(id, claimsOf(value)),
        ]);
        const found = await read(id);
        // Also when it only seemed lost.
        if (found && (done || same(found.value, value))) return found;
        if (found) throw new Error(`there is a connection ${id} already`);
        if (done) throw new ConnectionMissing(id);
        await refuseTaken(id, claimsOf(value));
      }
    },

    async change(id, etag, change) {
      for (;;) {
        const found = await need(id);
        if (found.value.removing) throw new ConnectionBeingRemoved(id);
        if (etag !== undefined && found.etag !== etag) throw new ConnectionChanged(id);
        const value = connectionSchema.parse(change(found.value));
        if (same(value, found.value)) return found;
        const [before, after] = [claimsOf(found.value), claimsOf(value)];
        const onlyIn = (claims: Claim[], others: Claim[]) =>
          claims.filter(({ rowKey }) => !others.some((other) => other.rowKey === rowKey));
        const taken = onlyIn(after, before);
        const done = await table.change(partition, [
          { kind: 'replace', rowKey: found.rowKey, value, etag: found.etag },
          ...take(id, taken),
          ...giveUp(onlyIn(before, after)),
        ]);
        const now = await need(id);
        // Also when it only seemed lost.
        if (done || same(now.value, value)) return now;
        if (now.etag === found.etag) await refuseTaken(id, taken);
      }
    },

    async remove(id, at) {
      const found = await read(id);
      if (!found) return;
      // What claims it has is sure only once nothing changes it any more.
      if (!found.value.removing) throw new Error(`connection ${id} is not marked as being removed`);
      const done = await table.change(partition, [
        { kind: 'remove', rowKey: found.rowKey },
        { kind: 'remove', rowKey: healthKey(id) },
        ...giveUp(claimsOf(found.value)),
        { kind: 'create', rowKey: removedKey(id), value: { removedAt: at.toISOString() } },
      ]);
      if (!done && (await read(id))) throw new Error(`connection ${id} could not be removed; try again`);
    },
  };
}
