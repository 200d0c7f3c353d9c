// A contact list of Constant Contact as this API shows it.
import { z } from 'zod';
import type { ContactList } from '../../../shared/constant-contact/schemas';

export const contactListViewSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Active members; `null` when Constant Contact does not tell. */
  members: z.int().nullable(),
});

export const contactListView = ({
  id,
  name,
  members,
}: ContactList): z.input<typeof contactListViewSchema> => ({ id, name, members: members ?? null });
