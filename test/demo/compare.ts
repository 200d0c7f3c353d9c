// Two maps of people, one by one: who is missing, who should not be there, whose values differ.

export type Values = Readonly<Record<string, string>>;

export interface Comparison {
  readonly same: number;
  readonly missing: number;
  readonly unexpected: number;
  readonly different: number;
  /** The first differences, in words. */
  readonly examples: readonly string[];
}

const mostExamples = 10;

const sameValues = (left: Values, right: Values) => {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
};

/** Both by address. Values are compared as they are: a field that only one side has is a difference. */
export function compare(
  expected: ReadonlyMap<string, Values>,
  actual: ReadonlyMap<string, Values>,
): Comparison {
  const counts = { same: 0, missing: 0, unexpected: 0, different: 0 };
  const examples: string[] = [];
  const note = (example: string) => {
    if (examples.length < mostExamples) examples.push(example);
  };
  for (const [address, values] of expected) {
    const found = actual.get(address);
    if (found === undefined) {
      counts.missing += 1;
      note(`missing: ${address}`);
    } else if (sameValues(values, found)) {
      counts.same += 1;
    } else {
      counts.different += 1;
      note(`different: ${address} should have ${JSON.stringify(values)} and has ${JSON.stringify(found)}`);
    }
  }
  for (const address of actual.keys()) {
    if (expected.has(address)) continue;
    counts.unexpected += 1;
    note(`unexpected: ${address}`);
  }
  return { ...counts, examples };
}

export const isSame = ({ missing, unexpected, different }: Comparison): boolean =>
  missing + unexpected + different === 0;
