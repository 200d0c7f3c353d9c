// Makes a contact list once, whatever becomes of the answer: Constant Contact keeps names unique, so the name tells whether it is there.
import { ConstantContactError } from './errors';
import type { ContactList } from './schemas';

/** Use the list that has the name, or choose another name. */
export class ListNameTaken extends Error {
  readonly code = 'list-name-taken';
  constructor(
    /** The list that has it; `undefined` when it cannot be found, as one that is being deleted. */
    readonly listId: string | undefined,
    cause: unknown,
  ) {
    super('Constant Contact has a list of this name already; use that one, or choose another name', {
      cause,
    });
  }
}

export interface ListCalls {
  /** Makes it, without a second look. */
  readonly post: (name: string) => Promise<ContactList>;
  /** The lists of this name. */
  readonly named: (name: string) => Promise<readonly ContactList[]>;
}

/** @throws {ListNameTaken}, and what the calls throw. */
export function makeCreateList({ post, named }: ListCalls): (name: string) => Promise<ContactList> {
  const find = async (name: string) =>
    (await named(name)).find((list) => list.name.toLowerCase() === name.toLowerCase());

  return async (name) => {
    try {
      return await post(name);
    } catch (error) {
      if (!(error instanceof ConstantContactError)) throw error;
      if (error.status === 409) throw new ListNameTaken((await find(name))?.id, error);
      const made = error.outcomeUnknown ? await find(name) : undefined;
      if (!made) throw error;
      return made;
    }
  };
}
