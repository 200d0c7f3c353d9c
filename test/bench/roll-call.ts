// Whether exactly the expected people are there, with exactly their values: each is met once, in any order, in little memory.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import { expectedCounts, personOf, rowOfAddress, type Person } from './people';

const mostExamples = 5;

/** A result is not what the generator says that it must be. A fast wrong answer is worth nothing. */
export class WrongResult extends Error {
  readonly code = 'wrong-result';
  constructor(
    readonly what: string,
    readonly faults: readonly string[],
  ) {
    super(`${what} is wrong: ${faults.join('; ')}`);
  }
}

export interface RollCall {
  meet(person: Person): void;
  /** @throws {WrongResult} when somebody is missing, unexpected, twice there, or has other values. */
  end(what: string): void;
}

export function makeRollCall(profiles: number): RollCall {
  const met = new Uint8Array(profiles);
  let count = 0;
  let faulty = 0;
  const examples: string[] = [];
  const fault = (text: string) => {
    faulty++;
    if (examples.length < mostExamples) examples.push(text);
  };
  return {
    meet(person) {
      const row = rowOfAddress(person.address);
      const expected = row >= 0 && row < profiles ? personOf(row) : undefined;
      if (expected?.address !== person.address) {
        fault(`unexpected: ${person.address}`);
        return;
      }
      if (met[row] === 1) {
        fault(`twice: ${person.address}`);
        return;
      }
      met[row] = 1;
      count++;
      if (expected.firstName !== person.firstName || expected.lastName !== person.lastName)
        fault(`${JSON.stringify(person)} should be ${JSON.stringify(expected)}`);
    },
    end(what) {
      const missing = expectedCounts(profiles).contacts - count;
      if (missing !== 0) fault(`${missing} are missing`);
      if (faulty > 0) throw new WrongResult(what, [`${faulty} faults`, ...examples]);
    },
  };
}

/** Meets everybody in a CSV file with `email`, `first_name` and `last_name`, or some of them. Its values have no line breaks. */
export async function meetFile(roll: RollCall, path: string): Promise<void> {
  let header: string[] | undefined;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const cells = text.includes('"') ? parse(text)[0]! : text.split(',');
    if (header === undefined) {
      header = cells;
      continue;
    }
    const value = (name: string) => cells[header!.indexOf(name)] ?? '';
    roll.meet({ address: value('email'), firstName: value('first_name'), lastName: value('last_name') });
  }
}
