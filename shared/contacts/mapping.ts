// Which column of the segments fills which field of a Constant Contact contact.
import { z } from 'zod';

const column = z.string().min(1).max(256);

/**
 * Optional standard fields of the CSV import and their longest values, in code points.
 * Source: Constant Contact V3 API, `contacts_file_import`.
 */
export const standardFields = {
  first_name: 50,
  last_name: 50,
  job_title: 50,
  company_name: 50,
  phone: 50,
  anniversary: 50,
  birthday_day: 50,
  birthday_month: 50,
  street: 255,
  street2: 255,
  city: 50,
  state: 50,
  zip: 50,
  country: 50,
} as const;

export type StandardField = keyof typeof standardFields;

/** `cf:` and the name of a custom field, as Constant Contact lists it: people name their fields in any script. */
const customFieldPattern = /^cf:[^\p{Cc}]{1,50}$/u;

/** A custom field's longest value, in code points. Source: Constant Contact V3 API, `contacts_file_import`. */
export const customFieldLength = 255;

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
