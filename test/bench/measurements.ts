// What the bench measures of one size, and how several runs become one line: times are medians, what must stay small is the largest.
export interface Sample {
  readonly wallSeconds: number;
  readonly copySeconds: number;
  readonly transformSeconds: number;
  readonly prepareSeconds: number;
  readonly sendSeconds: number;
  readonly waitSeconds: number;
  readonly duckdbSeconds: number;
  /** `undefined` where it cannot be measured. */
  readonly peakMemoryMB: number | undefined;
  readonly requests: number;
  readonly importJobs: number;
  readonly violations: number;
}

export interface Measured extends Omit<Sample, 'peakMemoryMB'> {
  readonly profiles: number;
  readonly floorSeconds: number;
  readonly floorRatio: number;
  readonly transformRatio: number;
  readonly prepareRatio: number;
  readonly peakMemoryMB: number | null;
}

/** Source: Constant Contact, V3 API: 40,000 lines with the header. */
const contactsPerJob = 39_999;
/** Source: Constant Contact, V3 API. */
const requestsPerSecond = 4;
/** Of a run besides its imports. */
const otherRequests = 5;

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rounded = (number: number) => Math.round(number * 1000) / 1000;

/** @param contacts distinct people, as the generator knows them. */
export function summarize(profiles: number, contacts: number, samples: readonly Sample[]): Measured {
  const time = (pick: (sample: Sample) => number) => rounded(median(samples.map(pick)));
  const most = (pick: (sample: Sample) => number) => Math.max(...samples.map(pick));
  const wallSeconds = time((sample) => sample.wallSeconds);
  const copySeconds = time((sample) => sample.copySeconds);
  const transformSeconds = time((sample) => sample.transformSeconds);
  const prepareSeconds = time((sample) => sample.prepareSeconds);
  const duckdbSeconds = time((sample) => sample.duckdbSeconds);
  // What the permitted rate of requests allows.
  const floorSeconds = rounded(
    prepareSeconds + (Math.ceil(contacts / contactsPerJob) + otherRequests) / requestsPerSecond,
  );
  const memory = samples.flatMap(({ peakMemoryMB }) => peakMemoryMB ?? []);
  return {
    profiles,
    wallSeconds,
    floorSeconds,
    floorRatio: rounded(wallSeconds / floorSeconds),
    copySeconds,
    transformSeconds,
    prepareSeconds,
    sendSeconds: time((sample) => sample.sendSeconds),
    waitSeconds: time((sample) => sample.waitSeconds),
    duckdbSeconds,
    transformRatio: rounded(transformSeconds / duckdbSeconds),
    prepareRatio: rounded(prepareSeconds / (copySeconds + transformSeconds)),
    peakMemoryMB: memory.length === 0 ? null : Math.round(Math.max(...memory)),
    requests: most((sample) => sample.requests),
    importJobs: most((sample) => sample.importJobs),
    violations: most((sample) => sample.violations),
  };
}
