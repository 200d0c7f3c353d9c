// The account's contact lists and custom fields.
import { randomUUID } from 'node:crypto';

export interface List {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly favorite: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  deletedAt?: number;
}

export interface CustomField {
  readonly id: string;
  readonly label: string;
  /** What an import's header names, behind `cf:`: the label with underscores for blanks. */
  readonly name: string;
  readonly type: string;
  readonly createdAt: number;
}

export function makeLists() {
  const lists = new Map<string, List>();
  return {
    all: (): List[] => [...lists.values()],
    get: (id: string): List | undefined => lists.get(id),
    /** A list that can take contacts. */
    live: (id: string): List | undefined =>
      lists.get(id)?.deletedAt === undefined ? lists.get(id) : undefined,
    named: (name: string): List | undefined =>
      [...lists.values()].find(
        (list) => list.deletedAt === undefined && list.name.toLowerCase() === name.toLowerCase(),
      ),
    put: (list: List): void => void lists.set(list.id, list),
    delete(id: string, at: number): void {
      const list = lists.get(id);
      if (list) list.deletedAt ??= at;
    },
  };
}

export type Lists = ReturnType<typeof makeLists>;

export const newList = (
  name: string,
  at: number,
  rest: { id?: string; description?: string; favorite?: boolean } = {},
): List => ({
  id: rest.id ?? randomUUID(),
  name,
  description: rest.description ?? '',
  favorite: rest.favorite ?? false,
  createdAt: at,
});

export function makeCustomFields() {
  const fields = new Map<string, CustomField>();
  return {
    all: (): CustomField[] => [...fields.values()],
    named: (name: string): CustomField | undefined => fields.get(name),
    put: (field: CustomField): void => void fields.set(field.name, field),
  };
}

export type CustomFields = ReturnType<typeof makeCustomFields>;

export const newCustomField = (label: string, type: string, at: number): CustomField => ({
  id: randomUUID(),
  label,
  name: label.trim().replace(/\s+/g, '_'),
  type,
  createdAt: at,
});
