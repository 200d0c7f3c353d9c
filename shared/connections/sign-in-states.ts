// Sign-ins that are under way: one row each, found by the hash of the `state` that only the browser has. One works once.
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../platform/clock';
import type { Table } from '../platform/tables';
import { SignInExpired, SignInOfAnother, SignInUnknown, SignInUsed } from './sign-in-errors';

const partition = 'sign-in';

const pendingSchema = z.strictObject({
  connectionId: z.string(),
  /** The id of who began it. */
  by: z.string(),
  expiresAt: z.iso.datetime(),
  used: z.boolean(),
});

/** How long a row stays after its end, so that whoever comes late hears what was wrong. */
const KEPT_MILLISECONDS = 86_400_000;

/** 256 random bits, as base64url writes them. */
const stateForm = /^[\w-]{43}$/;

const keyOf = (state: string) => createHash('sha256').update(state).digest('hex');

/** What proves, where PKCE is on, that a code belongs to the sign-in with this state (RFC 7636); made of it, so nothing is stored. */
export const verifierOf = (state: string): string =>
  createHash('sha256').update(`pkce ${state}`).digest('base64url');

export const challengeOf = (state: string): string =>
  createHash('sha256').update(verifierOf(state)).digest('base64url');

export interface SignInStates {
  begin(connectionId: string, by: string): Promise<{ readonly state: string; readonly expiresAt: string }>;
  /**
   * Uses it up. @returns the connection that it was begun for.
   * @throws {SignInUnknown} {SignInOfAnother} {SignInExpired} {SignInUsed}
   */
  use(state: string | undefined, by: string): Promise<string>;
}

export function makeSignInStates(deps: {
  readonly table: Table;
  readonly clock: Clock;
  /** How long somebody may take, in milliseconds. */
  readonly life: number;
}): SignInStates {
  const { table, clock, life } = deps;

  async function sweep(): Promise<void> {
    for await (const { rowKey, value } of table.all(pendingSchema, partition)) {
      if (Date.parse(value.expiresAt) + KEPT_MILLISECONDS < clock.now())
        await table.remove(partition, rowKey);
    }
  }

  return {
    async begin(connectionId, by) {
      await sweep();
      const state = randomBytes(32).toString('base64url');
      const expiresAt = new Date(clock.now() + life).toISOString();
      const value = { connectionId, by, expiresAt, used: false };
      // The key is random: losing means that our own row is there, and the answer to writing it was lost.
      await table.change(partition, [{ kind: 'create', rowKey: keyOf(state), value }]);
      return { state, expiresAt };
    },

    async use(state, by) {
      if (state === undefined || !stateForm.test(state)) throw new SignInUnknown();
      const found = await table.get(pendingSchema, partition, keyOf(state));
      if (!found) throw new SignInUnknown();
      const { connectionId, expiresAt } = found.value;
      if (found.value.by !== by) throw new SignInOfAnother();
      if (found.value.used) throw new SignInUsed(connectionId);
      if (clock.now() >= Date.parse(expiresAt)) throw new SignInExpired(connectionId);
      const used = { ...found.value, used: true };
      const { rowKey, etag } = found;
      // Whoever loses here does not go on, even if it is our own first try that won: better one sign-in too many than one state twice.
      if (!(await table.change(partition, [{ kind: 'replace', rowKey, value: used, etag }])))
        throw new SignInUsed(connectionId);
      return connectionId;
    },
  };
}
