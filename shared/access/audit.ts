// Who did what, when and from where. Entries are only ever added, and each is a line in the log as well.
import { z } from 'zod';
import { actorSchema } from './actor';
import type { Clock } from '../platform/clock';
import { newId } from '../platform/ids';
import type { Log } from '../platform/log';
import { newestFirst } from '../platform/newest-first';
import type { Page, Table } from '../platform/tables';

export const auditedSchema = z.strictObject({
  /** What was done, as `noun.verb`. */
  action: z.string().regex(/^[a-z-]+\.[a-z-]+$/),
  subject: z.strictObject({
    kind: z.enum(['connection', 'export', 'schedule', 'run', 'segment']),
    id: z.string(),
    /** As it was called then: the thing itself may be gone. */
    name: z.string().nullable(),
  }),
  /** Facts, such as the fields that changed. Never a contact, a token or a secret. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
export type Audited = z.input<typeof auditedSchema>;

export const auditEntrySchema = auditedSchema.extend({
  at: z.iso.datetime(),
  by: actorSchema,
  /** The network address of the caller, as the platform saw it. */
  from: z.string().nullable(),
});
export type AuditEntry = z.output<typeof auditEntrySchema>;

const partition = 'audit';

/** What happens within one millisecond in one instance keeps its order as well. */
const latestCount = 999_999;
const keyAt = (at: number, count: number) =>
  `${newestFirst(at)}-${String(latestCount - count).padStart(6, '0')}-${newId()}`;

/** What a key looks like, for cursors. */
export const auditKey = /^\d{13}-\d{6}-[a-z2-7]{12}$/;

export interface Audit {
  record(by: AuditEntry['by'], from: string | null, done: Audited): Promise<void>;
  /** @param start the key at which the page begins; the newest entry otherwise. */
  page(limit: number, start?: string): Promise<Page<AuditEntry>>;
}

export function makeAudit({ table, clock, log }: { table: Table; clock: Clock; log: Log }): Audit {
  let count = 0;
  return {
    async record(by, from, done) {
      const entry = auditEntrySchema.parse({ ...done, at: new Date(clock.now()).toISOString(), by, from });
      // A key is random: losing means that our own entry is there, and the answer to writing it was lost.
      count = (count + 1) % (latestCount + 1);
      await table.change(partition, [{ kind: 'create', rowKey: keyAt(clock.now(), count), value: entry }]);
      const { action, subject, facts } = entry;
      log.info('audit.recorded', {
        action,
        [subject.kind]: subject.id,
        by: by.id,
        from: from ?? undefined,
        ...facts,
      });
    },

    page: (limit, start = '0') => table.page(auditEntrySchema, partition, { from: start, to: 'z', limit }),
  };
}
