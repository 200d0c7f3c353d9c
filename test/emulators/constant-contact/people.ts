// The contacts of the account, by lower-cased address. Kept in columns, so that a million of them stay small.

export type Status = 'active' | 'unsubscribed' | 'deleted' | 'temp_hold' | 'pending_confirmation';

const statuses: readonly Status[] = [
  'active',
  'unsubscribed',
  'deleted',
  'temp_hold',
  'pending_confirmation',
];

export interface Person {
  readonly address: string;
  readonly status: Status;
  /** List ids. */
  readonly lists: readonly string[];
  /** Field name, as an import's header has it, to value. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface PersonTimes {
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function makePeople() {
  const numbers = new Map<string, number>();
  const addresses: string[] = [];
  const status: number[] = [];
  const createdAt: number[] = [];
  const updatedAt: number[] = [];
  const columns = new Map<string, string[]>();
  // Many people share few combinations of lists: each person holds the number of one.
  const combinations: string[][] = [[]];
  const combinationOf: number[] = [];
  const numberOf = new Map<string, number>([['', 0]]);
  // By combination: the one that a further list leads to. Joining is done for every row of an import.
  const further: Map<string, number>[] = [new Map<string, number>()];

  function combinationWith(present: number, list: string): number {
    const known = further[present]!.get(list);
    if (known !== undefined) return known;
    const wanted = [...new Set([...combinations[present]!, list])].sort();
    const key = wanted.join();
    const found = numberOf.get(key) ?? combinations.length;
    if (found === combinations.length) {
      numberOf.set(key, found);
      combinations.push(wanted);
      further.push(new Map<string, number>());
    }
    further[present]!.set(list, found);
    return found;
  }

  const people = {
    get size() {
      return addresses.length;
    },

    find: (address: string): number | undefined => numbers.get(address.toLowerCase()),

    /** The number of the person with this address, in lower case, which is created if nobody has it. */
    ensure(key: string, at: number): number {
      const found = numbers.get(key);
      if (found !== undefined) return found;
      const person = addresses.length;
      numbers.set(key, person);
      addresses.push(key);
      status.push(0);
      createdAt.push(at);
      updatedAt.push(at);
      combinationOf.push(0);
      return person;
    },

    touch(person: number, at: number): void {
      updatedAt[person] = at;
    },

    statusOf: (person: number): Status => statuses[status[person]!]!,

    /** A deleted or unsubscribed person is on no list. */
    setStatus(person: number, value: Status): void {
      status[person] = statuses.indexOf(value);
      if (value === 'deleted' || value === 'unsubscribed') combinationOf[person] = 0;
    },

    setField(person: number, name: string, value: string): void {
      let column = columns.get(name);
      if (!column) columns.set(name, (column = []));
      while (column.length < person) column.push('');
      column[person] = value;
    },

    join(person: number, list: string): void {
      combinationOf[person] = combinationWith(combinationOf[person]!, list);
    },

    listsOf: (person: number): readonly string[] => combinations[combinationOf[person]!]!,

    addressOf: (person: number): string => addresses[person]!,

    timesOf: (person: number): PersonTimes => ({
      createdAt: createdAt[person]!,
      updatedAt: updatedAt[person]!,
    }),

    fieldsOf(person: number): Record<string, string> {
      const fields: Record<string, string> = {};
      for (const [name, column] of columns) {
        const value = column[person];
        if (value) fields[name] = value;
      }
      return fields;
    },

    person: (person: number): Person => ({
      address: people.addressOf(person),
      status: people.statusOf(person),
      lists: people.listsOf(person),
      fields: people.fieldsOf(person),
    }),

    /** The members of a list, by number, from `from` on. */
    *members(list: string, from = 0): Generator<number> {
      // Combinations may be added while a reader is half way: each is looked at once, when it is met.
      const holds: (boolean | undefined)[] = [];
      for (let person = from; person < addresses.length; person += 1) {
        const combination = combinationOf[person]!;
        if ((holds[combination] ??= combinations[combination]!.includes(list))) yield person;
      }
    },

    countMembers(list: string, only?: Status): number {
      const holds = combinations.map((lists) => lists.includes(list));
      let count = 0;
      for (let person = 0; person < addresses.length; person += 1) {
        if (
          holds[combinationOf[person]!] &&
          (only === undefined || status[person] === statuses.indexOf(only))
        )
          count += 1;
      }
      return count;
    },
  };
  return people;
}

export type People = ReturnType<typeof makePeople>;
