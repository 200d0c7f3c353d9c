// Faults on request: what a test can make the emulator do wrong, and for which requests or jobs.
import { z } from 'zod';
import type { JobPlan } from './jobs';

const action = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    /** Which of the three 429s. */
    reason: z.enum(['throttled', 'quota_exceeded', 'queue']).optional(),
    retryAfterSeconds: z.number().optional(),
    /** Whether the request does its work before it is answered so. */
    when: z.enum(['before', 'after']).default('before'),
  }),
  /** The connection ends without an answer, before or after the request did its work. */
  z.strictObject({ kind: z.literal('drop'), when: z.enum(['before', 'after']) }),
  /** The answer comes late; the work is done at once. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.number().int().min(0) }),
  /** The answers wait for each other, until so many requests are there; the work is done at once. */
  z.strictObject({ kind: z.literal('gather'), requests: z.number().int().min(1) }),
  z.strictObject({ kind: z.literal('not-json') }),
  z.strictObject({ kind: z.literal('without'), field: z.string() }),
]);

export const requestFaultSchema = z.strictObject({
  method: z.string().optional(),
  /** The beginning of the path, e.g. `/v3/activities`; or the whole of it, with `exact`. */
  path: z.string().optional(),
  exact: z.boolean().default(false),
  /** Matching requests that pass before the fault sets in. */
  skip: z.number().int().min(0).default(0),
  /** Requests that it hits. */
  times: z.number().int().min(1).default(1),
  action,
});

export type RequestFault = z.input<typeof requestFaultSchema>;
export type FaultAction = z.output<typeof action>;

const counters = z.record(z.string(), z.number());

export const jobFaultSchema = z.strictObject({
  /** A part of the file's name; any file if absent. */
  fileName: z.string().optional(),
  skip: z.number().int().min(0).default(0),
  times: z.number().int().min(1).default(1),
  end: z.enum(['completed', 'failed', 'timed_out', 'cancelled', 'stuck']).optional(),
  counters: counters.optional(),
  milliseconds: z.number().int().min(0).optional(),
});

export type JobFault = z.input<typeof jobFaultSchema>;

export function makeFaults() {
  let requests: z.output<typeof requestFaultSchema>[] = [];
  let jobs: z.output<typeof jobFaultSchema>[] = [];

  /** The first waiting fault, used up by one. One that still lets requests pass holds back none behind it. */
  function take<F extends { skip: number; times: number }>(
    faults: F[],
    matches: (fault: F) => boolean,
  ): F | undefined {
    for (const fault of faults.filter(matches)) {
      if (fault.skip > 0) {
        fault.skip -= 1;
        continue;
      }
      fault.times -= 1;
      if (fault.times === 0) faults.splice(faults.indexOf(fault), 1);
      return fault;
    }
    return undefined;
  }

  return {
    addRequest: (fault: RequestFault): void => void requests.push(requestFaultSchema.parse(fault)),
    addJob: (fault: JobFault): void => void jobs.push(jobFaultSchema.parse(fault)),

    clear(): void {
      requests = [];
      jobs = [];
    },

    forRequest(method: string, path: string): FaultAction | undefined {
      return take(requests, (fault) => {
        if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
        if (fault.path === undefined) return true;
        return fault.exact ? path === fault.path : path.startsWith(fault.path);
      })?.action;
    },

    forJob(fileName: string): JobPlan {
      const fault = take(jobs, (candidate) => fileName.includes(candidate.fileName ?? ''));
      return {
        ...(fault?.end !== undefined && { end: fault.end }),
        ...(fault?.counters !== undefined && { counters: fault.counters }),
        ...(fault?.milliseconds !== undefined && { milliseconds: fault.milliseconds }),
      };
    },
  };
}

export type Faults = ReturnType<typeof makeFaults>;
