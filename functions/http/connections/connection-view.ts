// A connection as the HTTP API shows it: all of it to administrators, name and type to who may use it in exports.
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { hasRole } from '../../../shared/access/permissions';
import type { Principal } from '../../../shared/access/principal';
import { connectionSchema, type Connection } from '../../../shared/connections/connection';
import { connectionHealthSchema } from '../../../shared/connections/health';
import { idSchema } from '../../../shared/platform/ids';
import type { Stored } from '../../../shared/platform/tables';
import type { Deps } from '../../composition';
import { etagOf } from '../etag';
import type { Answer } from '../route';

/** Of the routes of one connection. */
export const connectionParams = z.object({ connectionId: idSchema });

export const connectionPath = (id: string): string => `/api/connections/${id}`;

const type = z.literal('Constant Contact');
const person = z.strictObject({ name: z.string() });

export const fullViewSchema = connectionSchema
  .pick({ id: true, name: true, sharedWith: true, contactLimit: true, createdAt: true, updatedAt: true })
  .extend({
    type,
    /** Of the account that it is pinned to. */
    organization: z.string().nullable(),
    /** Who signed in at Constant Contact last: the owner of record. */
    exportUser: person.extend({ signedInAt: z.iso.datetime() }).nullable(),
    createdBy: person,
    updatedBy: person,
    removing: z.strictObject({ since: z.iso.datetime(), by: z.string() }).nullable(),
    health: connectionHealthSchema,
    links: z.strictObject({
      self: z.string(),
      consent: z.string(),
      signIn: z.string(),
      lists: z.string(),
      customFields: z.string(),
    }),
  });

/** What contributors see of a connection that is shared with them. */
const briefViewSchema = z.strictObject({ id: idSchema, name: z.string(), type });

export const connectionViewSchema = z.union([fullViewSchema, briefViewSchema]);

export async function connectionView(
  { health }: Pick<Deps, 'health'>,
  principal: Principal,
  connection: Connection,
): Promise<z.input<typeof connectionViewSchema>> {
  const { id, name, sharedWith, contactLimit, createdAt, updatedAt } = connection;
  if (!hasRole(principal, 'Administrator')) return { id, name, type: 'Constant Contact' };
  const { account, exportUser, createdBy, updatedBy, removing } = connection;
  const self = connectionPath(id);
  return {
    id,
    name,
    type: 'Constant Contact',
    sharedWith,
    contactLimit,
    organization: account?.organization ?? null,
    exportUser: exportUser && { name: exportUser.signedInBy.name, signedInAt: exportUser.signedInAt },
    createdAt,
    createdBy: { name: createdBy.name },
    updatedAt,
    updatedBy: { name: updatedBy.name },
    removing: removing && { since: removing.since, by: removing.by.name },
    health: await health.of(connection),
    links: {
      self,
      consent: `${self}/consent`,
      signIn: `${self}/sign-in`,
      lists: `${self}/lists`,
      customFields: `${self}/custom-fields`,
    },
  };
}

export const connectionAnswer = {
  description: 'The connection; name and type only for contributors.',
  body: connectionViewSchema,
  headers: { ETag: 'The version, for `If-Match`.' },
} satisfies Answer;

export async function answerConnection(
  deps: Pick<Deps, 'health'>,
  principal: Principal,
  stored: Stored<Connection>,
): Promise<HttpResponseInit> {
  return {
    headers: { etag: etagOf(stored), 'cache-control': 'no-store' },
    jsonBody: await connectionView(deps, principal, stored.value),
  };
}
