// What the bench maps: the address, first and last name.
import type { Mapping } from '../../shared/contacts/mapping';

export const exportColumns = {
  email: 'EMail',
  profileId: 'CustomerId',
  firstName: 'FirstName',
  lastName: 'LastName',
} as const;

export const mapping: Mapping = {
  email: exportColumns.email,
  profileId: exportColumns.profileId,
  fields: { first_name: exportColumns.firstName, last_name: exportColumns.lastName },
};
