// Which column of the segments fills which field of a Constant Contact contact.
import { z } from 'zod';

const column = z.string().min(1).max(256);

/** What a field takes: any text; a date (`dates.ts`); or its part of the birthday, which is one rule for both parts. */
export type FieldKind = 'text' | 'date' | 'birthday';

export interface FieldRule {
  readonly kind: FieldKind;
  /** In code points. */
  readonly maxLength: number;
}

const rule = (kind: FieldKind, maxLength: number): FieldRule => ({ kind, maxLength });

/** Optional standard fields of the CSV import. Source: Constant Contact V3 API, `contacts_file_import`. */
export const standardFields = {
  first_name: rule('text', 50),
  last_name: rule('text', 50),
  job_title: rule('text', 50),
  company_name: rule('text', 50),
  phone: rule('text', 50),
  anniversary: rule('date', 50),
  birthday_day: rule('birthday', 50),
  birthday_month: rule('birthday', 50),
  street: rule('text', 255),
  street2: rule('text', 255),
  city: rule('text', 50),
  state: rule('text', 50),
  zip: rule('text', 50),
  country: rule('text', 50),
} as const;

export type StandardField = keyof typeof standardFields;

/** `cf:` and the name of a custom field, as Constant Contact lists it: people name their fields in any script. */
const customFieldPattern = /^cf:[^\p{Cc}]{1,50}$/u;

/**
 * Custom fields, also those whose type is a date: in which forms these take one in a file is not documented.
 * Source of the length: Constant Contact V3 API, `contacts_file_import`.
 */
const customField = rule('text', 255);

/** @param name of a standard field, or `cf:` and that of a custom one. */
export const ruleOf = (name: string): FieldRule =>
  name in standardFields ? standardFields[name as StandardField] : customField;

/** The most custom fields that one contact can have. Source: Constant Contact V3 API, `contacts_file_import`. */
export const maxCustomFields = 25;

const field = z.union([
  z.enum(Object.keys(standardFields) as [StandardField, ...StandardField[]]),
  z.string().regex(customFieldPattern),
]);

export const mappingSchema = z.strictObject({
  /** The column that holds the address. */
  email: column,
  /** The column that holds the profile's own id, shown in the rejects file. */
  profileId: column.optional(),
  /** Optional fields: field -> column. */
  fields: z
    .partialRecord(field, column)
    .default({})
    .refine(
      (fields) => Object.keys(fields).filter((name) => name.startsWith('cf:')).length <= maxCustomFields,
      {
        message: `has more than ${maxCustomFields} custom fields`,
      },
    ),
});

export type Mapping = z.output<typeof mappingSchema>;
