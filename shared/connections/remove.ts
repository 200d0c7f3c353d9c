// Removes a connection: nothing starts with it from then on, its runs end, its refresh token is used up, its secrets are deleted, and last
// its name is free again. Each step can be repeated: what a crash left half done, the next call or the timer finishes.
import type { Tokens, TokensEnd } from '../constant-contact/tokens';
import type { Clock } from '../platform/clock';
import { codeOf } from '../platform/error-code';
import type { Log } from '../platform/log';
import type { Actor } from '../access/actor';
import type { Connection } from './connection';
import { ConnectionBeingRemoved, ConnectionChanged, ConnectionMissing } from './connection-errors';
import type { ConnectionStore } from './connection-store';
import type { HealthFactsStore } from './health-facts';

export interface DependentExport {
  readonly id: string;
  readonly name: string;
}

/** What exports and runs do for a removal. Each can be repeated. */
export interface ConnectionExports {
  /** The exports that use the connection. */
  dependents(connectionId: string): Promise<readonly DependentExport[]>;
  /** Takes the connection from the export, which keeps the rest of its configuration. No effect when it uses another one by now. */
  detach(exportId: string, by: Actor, connectionId: string): Promise<void>;
  /** The same: no effect when it uses another one by now. */
  remove(exportId: string, by: Actor, connectionId: string): Promise<void>;
  /** Asks every run with the connection to stop. @returns how many are not over yet. */
  cancelRuns(connectionId: string): Promise<number>;
}

export type Removal =
  /** Nothing was done: these exports use it. */
  | { readonly kind: 'in-use'; readonly exports: readonly DependentExport[] }
  /** It can no longer be used. The rest is done as soon as what it waits for has ended, by the timer or the next call. */
  | { readonly kind: 'removing'; readonly waitingFor: 'runs' | 'constant-contact' }
  /** `revokeByHand` says what to do at Constant Contact, where the app could not end the refresh token itself. */
  | { readonly kind: 'removed'; readonly revokeByHand: string | null };

export interface RemoveConnection {
  /**
   * @param options.etag the version that is removed; absent: whichever there is.
   * @param options.exports what to do with the exports that use it; absent: refuse when there are any.
   * @throws {ConnectionMissing} {ConnectionChanged}
   */
  remove(
    id: string,
    by: Actor,
    options?: { readonly etag?: string | undefined; readonly exports?: 'detach' | 'remove' | undefined },
  ): Promise<Removal>;
  /**
   * Goes on with every removal that is not finished. It never throws because of a single one.
   * @returns those that are finished now, as they were.
   */
  finishRemovals(): Promise<
    readonly { readonly connection: Connection; readonly revokeByHand: string | null }[]
  >;
}

export interface RemoveConnectionDeps {
  readonly connections: ConnectionStore;
  readonly exports: ConnectionExports;
  readonly tokens: Pick<Tokens, 'end'>;
  readonly facts: Pick<HealthFactsStore, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a removal waits for runs and for Constant Contact before it goes on without them, in milliseconds. */
  readonly patience: number;
}

const where =
  'the Constant Contact developer portal (My Applications, this application: generate a new client secret, which ends the old one for ' +
  'all connections, and store it in Key Vault), or the account’s own page of connected applications, if it has one';

/** What an administrator still has to do at Constant Contact. */
const byHand: Readonly<Record<TokensEnd, string | null>> = {
  ended: null,
  'long-lived': `The refresh token of this connection is a long-lived one, which Constant Contact gives an app no way to end. It was deleted here; to revoke it as well, use ${where}.`,
  absent: null,
  'not-ended': `Constant Contact could not be asked to end the refresh token of this connection. It was deleted here; to revoke it as well, use ${where}.`,
};

export function makeRemoveConnection(deps: RemoveConnectionDeps): RemoveConnection {
  const { connections, exports, tokens, facts, clock, log, patience } = deps;

  async function mark(
    id: string,
    by: Actor,
    etag: string | undefined,
    mode: 'detach' | 'remove',
  ): Promise<Connection> {
    try {
      const marked = await connections.change(id, etag, (before) => ({
        ...before,
        removing: { since: new Date(clock.now()).toISOString(), by, exports: mode },
      }));
      log.info('connection.removing', { connection: id, by: by.id, exports: mode });
      return marked.value;
    } catch (error) {
      // Somebody else began at the same time: what they began goes on.
      const begun = error instanceof ConnectionBeingRemoved ? await connections.get(id) : undefined;
      if (!begun) throw error;
      return begun;
    }
  }

  async function goOn({ id, removing }: Connection): Promise<Removal> {
    if (!removing) throw new Error(`connection ${id} is not being removed`);
    const { by, exports: mode } = removing;
    const patient = clock.now() - Date.parse(removing.since) < patience;
    // Runs first: those of an export that is gone could not be found any more.
    if ((await exports.cancelRuns(id)) > 0 && patient) return { kind: 'removing', waitingFor: 'runs' };
    // Also those that came to use it since.
    for (const each of await exports.dependents(id))
      await (mode === 'remove' ? exports.remove(each.id, by, id) : exports.detach(each.id, by, id));
    const { refreshTokens } = await facts.get(id);
    const ended = await endTokens(id, patient);
    // They may be gone since a try that ended half way, which nobody heard the outcome of.
    const end = ended === 'absent' ? (refreshTokens === 'long-lived' ? 'long-lived' : 'absent') : ended;
    if (end === undefined) return { kind: 'removing', waitingFor: 'constant-contact' };
    await connections.remove(id, new Date(clock.now()));
    log.info('connection.removed', { connection: id, by: by.id, tokens: end });
    return { kind: 'removed', revokeByHand: byHand[end] };
  }

  /** @returns `undefined` when it is to be tried again. */
  async function endTokens(id: string, patient: boolean): Promise<TokensEnd | undefined> {
    try {
      return await tokens.end(id);
    } catch (error) {
      log.warn('connection.tokens-not-ended', { connection: id, code: codeOf(error), patient });
      return patient ? undefined : tokens.end(id, { unasked: true });
    }
  }

  return {
    async remove(id, by, { etag, exports: mode } = {}) {
      const found = await connections.read(id);
      if (!found) throw new ConnectionMissing(id);
      if (found.value.removing) return goOn(found.value);
      if (etag !== undefined && etag !== found.etag) throw new ConnectionChanged(id);
      const used = await exports.dependents(id);
      if (used.length > 0 && mode === undefined) return { kind: 'in-use', exports: used };
      return goOn(await mark(id, by, etag, mode ?? 'detach'));
    },

    async finishRemovals() {
      const finished: { connection: Connection; revokeByHand: string | null }[] = [];
      for await (const connection of connections.list()) {
        if (!connection.removing) continue;
        try {
          const removal = await goOn(connection);
          if (removal.kind === 'removed') finished.push({ connection, revokeByHand: removal.revokeByHand });
        } catch (error) {
          log.warn('connection.removal-failed', { connection: connection.id, code: codeOf(error) });
        }
      }
      return finished;
    },
  };
}
