// Constant Contact's answers, read tolerantly and turned into our own words: what this app does not use may be absent, null or new.
import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
/** `NaN` for what is no count: one odd job must not hide the jobs beside it. */
const count = z
  .int()
  .nonnegative()
  .nullish()
  .transform((value) => value ?? undefined)
  .catch(NaN);
const id = z.string().min(1);

const next = z
  .object({ next: z.object({ href: z.string() }).nullish() })
  .nullish()
  .transform((links) => links?.next?.href);

/** Documented as `timed_out`, and once as `time_out`. A state that is new to this app must not hide the jobs beside it. */
const jobState = z
  .string()
  .transform((state) => (state === 'time_out' ? 'timed_out' : state))
  .pipe(
    z
      .enum(['initialized', 'processing', 'completed', 'cancelled', 'failed', 'timed_out', 'unknown'])
      .catch('unknown'),
  );

/** Documented as strings; an object with a message is defined as well. */
const jobError = z.union([
  z.string(),
  z.object({ message: z.string() }).transform((error) => error.message),
  z.unknown().transform(() => 'an error in a form that this app cannot read'),
]);

export const importJobSchema = z
  .object({
    activity_id: id,
    state: jobState,
    source_file_name: text,
    created_at: text,
    activity_errors: z
      .array(jobError)
      .nullish()
      .transform((errors) => errors ?? []),
    status: z
      .object({
        error_count: count,
        correctable_count: count,
        cannot_add_to_list_count: count,
      })
      .nullish(),
  })
  .transform((job) => ({
    id: job.activity_id,
    state: job.state,
    fileName: job.source_file_name,
    /** ISO 8601 in whole seconds, by Constant Contact's clock. */
    createdAt: job.created_at,
    /** Constant Contact's own counters; one that is not there (yet) is `undefined`. */
    counters: {
      /** Rows in error for good. */
      errors: job.status?.error_count,
      /** Rows that can be corrected in Constant Contact's own pages. */
      correctable: job.status?.correctable_count,
      /** People who unsubscribed earlier. */
      cannotAddToList: job.status?.cannot_add_to_list_count,
    },
    /** Free text such as `Line 2: ...`, which may quote addresses: into the rejects file only. */
    errors: job.activity_errors,
  }));

/** An import job as Constant Contact tells it. */
export type ImportJob = z.output<typeof importJobSchema>;

export const importJobsSchema = z
  .object({ activities: z.array(importJobSchema), _links: next })
  .transform((page) => ({ items: page.activities, next: page._links }));

export const contactListSchema = z
  .object({ list_id: id, name: z.string(), deleted_at: text, membership_count: count })
  .transform((list) => ({
    id: list.list_id,
    name: list.name,
    deleted: list.deleted_at !== undefined,
    /** Active members, where the call asked for them. */
    ...(list.membership_count === undefined || Number.isNaN(list.membership_count)
      ? {}
      : { members: list.membership_count }),
  }));

export type ContactList = z.output<typeof contactListSchema>;

export const contactListsSchema = z
  .object({ lists: z.array(contactListSchema), _links: next })
  .transform((page) => ({ items: page.lists, next: page._links }));

export const customFieldSchema = z
  .object({ custom_field_id: id, name: z.string(), label: z.string(), type: z.string() })
  .transform((field) => ({
    id: field.custom_field_id,
    name: field.name,
    label: field.label,
    type: field.type,
  }));

/** `name` is what the header of an import names, as `cf:<name>`. */
export type CustomField = z.output<typeof customFieldSchema>;

export const customFieldsSchema = z
  .object({ custom_fields: z.array(customFieldSchema), _links: next })
  .transform((page) => ({ items: page.custom_fields, next: page._links }));

export const accountSummarySchema = z
  .object({ encoded_account_id: id, organization_name: text })
  .transform((account) => ({ id: account.encoded_account_id, organizationName: account.organization_name }));

/** `id` stays the same for an account: it shows when somebody reconnects to another one. */
export type AccountSummary = z.output<typeof accountSummarySchema>;

/** A page of a list. `next` is the path and query of the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}
