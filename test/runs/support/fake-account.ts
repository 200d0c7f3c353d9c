// A Constant Contact account in memory: what was asked of it is kept, and a test can step in before a call takes effect or after.
import type { ConstantContact } from '../../../shared/constant-contact/client';
import { NotFound, Unreachable } from '../../../shared/constant-contact/errors';
import type { ContactList, CustomField, ImportJob } from '../../../shared/constant-contact/schemas';
import { aJob, listId } from './fixtures';

export type Method = keyof ConstantContact;

export interface FakeAccount extends ConstantContact {
  /** Every call, in order. */
  readonly calls: { readonly method: Method; readonly args: readonly unknown[] }[];
  /** What can be listed and asked for by id. */
  jobs: ImportJob[];
  /** Jobs that exist but do not show up in the listing. */
  hidden: Set<string>;
  lists: ContactList[];
  fields: CustomField[];
  /** May throw or wait; the call has had no effect yet. */
  before: (method: Method) => Promise<void> | void;
  /** May throw: the call took effect, and its answer got lost. */
  after: (method: Method) => Promise<void> | void;
  /** The calls of one method. */
  called(method: Method): readonly (readonly unknown[])[];
}

/** A request that may have been carried out, as nobody saw the answer. */
export const lostAnswer = (): Unreachable =>
  new Unreachable({ method: 'POST', path: '/activities/contacts_file_import', outcomeUnknown: true }, true);

export function makeFakeAccount(): FakeAccount {
  const call = async <T>(method: Method, args: readonly unknown[], effect: () => T): Promise<T> => {
    account.calls.push({ method, args });
    await account.before(method);
    const result = effect();
    await account.after(method);
    return result;
  };
  const need = <T>(path: string, found: T | undefined): T => {
    if (found === undefined) throw new NotFound({ method: 'GET', path, status: 404 });
    return found;
  };
  const account: FakeAccount = {
    calls: [],
    jobs: [],
    hidden: new Set(),
    lists: [{ id: listId, name: 'Customers', deleted: false }],
    fields: [],
    before: () => undefined,
    after: () => undefined,
    called: (method) => account.calls.filter((made) => made.method === method).map(({ args }) => args),

    importContacts: (file, options) =>
      call('importContacts', [file, options], () => {
        const job = aJob({
          id: `job-${account.jobs.length + 1}`,
          fileName: file.fileName,
          state: 'initialized',
        });
        account.jobs.push(job);
        return job;
      }),
    importJobs: (range) =>
      call('importJobs', [range], () =>
        account.jobs.filter(({ id }) => !account.hidden.has(id)).toReversed(),
      ),
    importJob: (id) =>
      call('importJob', [id], () =>
        need(
          '/activities/{activity_id}',
          account.jobs.find((job) => job.id === id),
        ),
      ),
    contactLists: () => call('contactLists', [], () => account.lists),
    contactList: (id) =>
      call('contactList', [id], () =>
        need(
          '/contact_lists/{list_id}',
          account.lists.find((list) => list.id === id),
        ),
      ),
    createContactList: (name) =>
      call('createContactList', [name], () => ({ id: listId, name, deleted: false })),
    customFields: () => call('customFields', [], () => account.fields),
    proveImport: () => call('proveImport', [], () => undefined),
    accountSummary: () => call('accountSummary', [], () => ({ id: 'account', organizationName: 'Org' })),
  };
  return account;
}
