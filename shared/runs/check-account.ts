// Checks at Constant Contact, before anything is read or sent: the account that was agreed on, its list, its custom fields.
import type { Connection } from '../connections/connection';
import type { ConstantContact } from '../constant-contact/client';
import { NotFound } from '../constant-contact/errors';
import type { Export } from '../exports/export';
import type { Reason } from './run';

const fault = (code: string, sentence: string): Reason => ({ code, sentence });

/** @returns what is wrong, if anything is. Two to four requests. */
export async function checkAccount(
  account: ConstantContact,
  connection: Connection,
  { listId, mapping }: Pick<Export, 'listId' | 'mapping'>,
): Promise<Reason | undefined> {
  if (connection.account && (await account.accountSummary()).id !== connection.account.id) {
    return fault(
      'account-changed',
      `The sign-in of the connection "${connection.name}" belongs to another Constant Contact account than ${connection.account.organization}. An administrator must sign in to that account again.`,
    );
  }
  try {
    const list = await account.contactList(listId);
    if (list.deleted)
      return fault(
        'list-deleted',
        `The list "${list.name}" was deleted in Constant Contact. Choose another list for the export.`,
      );
  } catch (error) {
    if (error instanceof NotFound)
      return fault(
        'list-unknown',
        `Constant Contact has no list with the id ${listId}. Choose a list of this account for the export.`,
      );
    throw error;
  }
  const wanted = Object.keys(mapping.fields).filter((field) => field.startsWith('cf:'));
  if (wanted.length === 0) return undefined;
  const known = new Set((await account.customFields()).map(({ name }) => `cf:${name}`));
  const unknown = wanted.filter((field) => !known.has(field));
  if (unknown.length === 0) return undefined;
  return fault(
    'custom-field-unknown',
    `Constant Contact has no custom field ${unknown.map((field) => `"${field.slice(3)}"`).join(', ')}. Create it there, or correct the export's data matching.`,
  );
}
