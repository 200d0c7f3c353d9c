// What administrators do to a connection's configuration: make it, agree, change it.
import { z } from 'zod';
import type { Actor } from '../access/actor';
import type { Clock } from '../platform/clock';
import { newId } from '../platform/ids';
import type { Log } from '../platform/log';
import type { Stored } from '../platform/tables';
import { connectionNameSchema, contactLimitSchema, sharedWithSchema, type Connection } from './connection';
import { ConsentOutdated } from './connection-errors';
import type { ConnectionStore } from './connection-store';
import { currentConsent, requireCurrentConsent } from './consent';

export const newConnectionSchema = z.strictObject({
  name: connectionNameSchema,
  sharedWith: sharedWithSchema.default('administrators'),
  contactLimit: contactLimitSchema.default(null),
});
export type NewConnection = z.output<typeof newConnectionSchema>;

export const connectionChangeSchema = z.strictObject({
  name: connectionNameSchema.optional(),
  sharedWith: sharedWithSchema.optional(),
  contactLimit: contactLimitSchema.optional(),
});
export type ConnectionChange = z.output<typeof connectionChangeSchema>;

export interface ManageConnections {
  /** @throws {NameTaken} */
  create(wanted: NewConnection, by: Actor): Promise<Stored<Connection>>;
  /**
   * @param etag the version that is changed; `undefined`: whichever there is.
   * @throws {ConnectionMissing} {ConnectionChanged} {ConnectionBeingRemoved} {ConsentNeeded} {NameTaken}
   */
  change(
    id: string,
    etag: string | undefined,
    change: ConnectionChange,
    by: Actor,
  ): Promise<Stored<Connection>>;
  /**
   * Records who agreed to which text, and when. Accepting the same version again changes nothing.
   * @throws {ConnectionMissing} {ConnectionChanged} {ConnectionBeingRemoved} {ConsentOutdated}
   */
  acceptConsent(
    id: string,
    etag: string | undefined,
    version: string,
    by: Actor,
  ): Promise<Stored<Connection>>;
}

export interface ManageConnectionsDeps {
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The version of the agreement that is accepted now. */
  readonly consentVersion?: string;
}

export function makeManageConnections(deps: ManageConnectionsDeps): ManageConnections {
  const { connections, clock, log, consentVersion = currentConsent.version } = deps;
  const now = () => new Date(clock.now()).toISOString();

  return {
    async create(wanted, by) {
      const at = now();
      const made = await connections.create({
        id: newId(),
        ...newConnectionSchema.parse(wanted),
        consent: null,
        account: null,
        exportUser: null,
        createdAt: at,
        createdBy: by,
        updatedAt: at,
        updatedBy: by,
        removing: null,
      });
      log.info('connection.created', { connection: made.value.id, by: by.id });
      return made;
    },

    async change(id, etag, change, by) {
      const { name, sharedWith, contactLimit } = connectionChangeSchema.parse(change);
      const changed = await connections.change(id, etag, (before) => {
        requireCurrentConsent(before, consentVersion);
        return {
          ...before,
          ...(name === undefined ? {} : { name }),
          ...(sharedWith === undefined ? {} : { sharedWith }),
          ...(contactLimit === undefined ? {} : { contactLimit }),
          updatedAt: now(),
          updatedBy: by,
        };
      });
      log.info('connection.changed', { connection: id, by: by.id });
      return changed;
    },

    async acceptConsent(id, etag, version, by) {
      if (version !== consentVersion) throw new ConsentOutdated(consentVersion);
      const accepted = await connections.change(id, etag, (before) => {
        if (before.consent?.version === version) return before;
        const at = now();
        const consent = { version, acceptedAt: at, acceptedBy: by };
        return { ...before, consent, updatedAt: at, updatedBy: by };
      });
      log.info('connection.consent-accepted', { connection: id, by: by.id, version });
      return accepted;
    },
  };
}
