// What is wrong with a field of a request, where zod's own words would not say what to do. Messages of the schemas come first.
import type { z } from 'zod';
import { standardFields } from '../../shared/contacts/mapping';

/** @returns `undefined` where zod's own words will do. */
export const messageOf: z.core.$ZodErrorMap = (issue) => {
  if ((issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined)
    return 'is missing';
  // The one record whose keys are not free is that of a mapping.
  if (issue.code === 'invalid_key')
    return `is not a field of a contact; there are ${Object.keys(standardFields).join(', ')}, and "cf:" with the name of a custom field`;
  return undefined;
};
