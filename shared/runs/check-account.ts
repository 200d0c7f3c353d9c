// What is checked at Constant Contact, before anything is read or sent: the account that was agreed on, its list, its custom fields.
import type { Connection } from '../connections/connection';
import type { ConstantContact } from '../constant-contact/client';
import { NotFound } from '../constant-contact/errors';
import type { ContactList } from '../constant-contact/schemas';
import type { Export } from '../exports/export';
import type { Reason } from './run';

const fault = (code: string, sentence: string): Reason => ({ code, sentence });

/** @returns what is wrong, if it is not the account that was agreed on. One request at most. */
export async function otherAccount(
  account: ConstantContact,
  connection: Pick<Connection, 'name' | 'account'>,
): Promise<Reason | undefined> {
  if (!connection.account || (await account.accountSummary()).id === connection.account.id) return undefined;
  return fault(
    'account-changed',
    `The sign-in of the connection "${connection.name}" belongs to another Constant Contact account than ${connection.account.organization}. An administrator must sign in to that account again.`,
  );
}

/** @returns the list, or why nothing can be sent to it. */
export async function findList(account: ConstantContact, listId: string): Promise<ContactList | Reason> {
  try {
    const list = await account.contactList(listId);
    if (!list.deleted) return list;
    return fault(
      'list-deleted',
      `The list "${list.name}" was deleted in Constant Contact. Choose another list for the export.`,
    );
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return fault(
      'list-unknown',
      `Constant Contact has no list with the id ${listId}. Choose a list of this account for the export.`,
    );
  }
}

/** Of a mapping only the names count under which it fills fields. */
interface WithFields {
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @returns the custom fields of the mapping that the account does not have, as `cf:<name>`. No request when it names none. */
export async function unknownFields(account: ConstantContact, { fields }: WithFields): Promise<string[]> {
  const wanted = Object.keys(fields).filter((field) => field.startsWith('cf:'));
  if (wanted.length === 0) return [];
  const known = new Set((await account.customFields()).map(({ name }) => `cf:${name}`));
  return wanted.filter((field) => !known.has(field));
}

export const customFieldUnknown = (fields: readonly string[]): Reason =>
  fault(
    'custom-field-unknown',
    `Constant Contact has no custom field ${fields.map((field) => `"${field.slice(3)}"`).join(', ')}. Create it there, or correct the export's data matching.`,
  );

/** @returns what is wrong first, if anything is. Two to four requests. */
export async function checkAccount(
  account: ConstantContact,
  connection: Connection,
  { listId, mapping }: Pick<Export, 'listId'> & { readonly mapping: WithFields },
): Promise<Reason | undefined> {
  const other = await otherAccount(account, connection);
  if (other) return other;
  const list = await findList(account, listId);
  if ('code' in list) return list;
  const unknown = await unknownFields(account, mapping);
  return unknown.length === 0 ? undefined : customFieldUnknown(unknown);
}
