// How connections lie in the table `connections`: one partition, so that a connection and what must be unique about it are written
// together or not at all.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Connection } from './connection';
import { nameKey } from './name-key';

export const partition = 'connection';

export const connectionKey = (id: string): string => `connection-${id}`;
/** Every connection's row, and no other, lies from the first (inclusive) to the second (exclusive). */
export const connectionKeys = ['connection-', 'connection.'] as const;
export const healthKey = (id: string): string => `health-${id}`;
export const removedKey = (id: string): string => `removed-${id}`;

/** A name or an account that one connection has, and no other can take. */
export const claimSchema = z.strictObject({ connectionId: z.string() });

export interface Claim {
  readonly kind: 'name' | 'account';
  readonly rowKey: string;
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

export const accountKey = (accountId: string): string => `account-${hash(accountId)}`;

export const claimsOf = ({ name, account }: Pick<Connection, 'name' | 'account'>): Claim[] => [
  { kind: 'name', rowKey: `name-${hash(nameKey(name))}` },
  ...(account ? [{ kind: 'account', rowKey: accountKey(account.id) } as const] : []),
];

/** What stays of a removed connection, so that nothing can take its id again. */
export const removedSchema = z.strictObject({ removedAt: z.iso.datetime() });
