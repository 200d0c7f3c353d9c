// The jobs of the account (Constant Contact calls them activities): accepted, under way, ended by the clock.
import type { ImportResult } from './import-rows';

export type EndState = 'completed' | 'cancelled' | 'failed' | 'timed_out';
export type JobState = 'initialized' | 'processing' | EndState;

/** The counters that a job ends with, by the names that Constant Contact gives them. */
export type Counters = Readonly<Record<string, number>>;

/** What a test wants to happen to a job, instead of `completed`. */
export interface JobPlan {
  /** `stuck`: it stays in `processing`. A job that ends otherwise than `completed` changes no contact. */
  readonly end?: EndState | 'stuck';
  /** Counters told instead of the true ones, one by one. */
  readonly counters?: Counters;
  /** From acceptance to end, instead of the emulator's own. */
  readonly milliseconds?: number;
}

/** What is fixed when a job is accepted. */
export interface AcceptedJob {
  readonly id: string;
  readonly kind: 'import' | 'list-delete';
  readonly fileName?: string;
  readonly listIds: readonly string[];
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  readonly header: readonly string[];
  /** Contacts in what was read of the file. */
  readonly contacts: number;
  readonly dropped: { readonly bytes: number; readonly contacts: number };
  readonly milliseconds: number;
  readonly plan: JobPlan;
}

export interface Job extends AcceptedJob {
  /** The file, until the job has ended. */
  content?: Buffer;
  ended?: {
    readonly state: EndState;
    readonly at: number;
    readonly counters: Counters;
    readonly messages: readonly string[];
  };
  result?: Omit<ImportResult, 'messages'>;
}

/** A job waits for a quarter of its time before it starts. */
const startedAt = (job: Job) => job.createdAt + Math.floor(job.milliseconds / 4);

export function stateOf(job: Job, now: number): JobState {
  if (job.ended) return job.ended.state;
  return now < startedAt(job) ? 'initialized' : 'processing';
}

/** How far a job is, and when it started and ended. */
export function progressOf(
  job: Job,
  now: number,
): { percent: number; startedAt?: number; completedAt?: number } {
  if (job.ended)
    return { percent: 100, startedAt: Math.min(startedAt(job), job.ended.at), completedAt: job.ended.at };
  if (now < startedAt(job)) return { percent: 0 };
  const share = (now - startedAt(job)) / Math.max(1, job.createdAt + job.milliseconds - startedAt(job));
  return { percent: Math.min(99, Math.floor(share * 100)), startedAt: startedAt(job) };
}

export function makeJobs() {
  const jobs: Job[] = [];
  const byId = new Map<string, Job>();
  let open: Job[] = [];

  return {
    all: (): readonly Job[] => jobs,
    get: (id: string): Job | undefined => byId.get(id),
    open: (): readonly Job[] => open,

    add(job: Job): void {
      jobs.push(job);
      byId.set(job.id, job);
      if (!job.ended) open.push(job);
    },

    /** Jobs whose time is over, the first to end first. */
    due(now: number): { job: Job; state: EndState; at: number }[] {
      return open
        .flatMap((job) => {
          const at = job.createdAt + job.milliseconds;
          const state = job.plan.end ?? 'completed';
          return state === 'stuck' || at > now ? [] : [{ job, state, at }];
        })
        .sort((left, right) => left.at - right.at);
    },

    end(job: Job, ended: NonNullable<Job['ended']>): void {
      job.ended = ended;
      delete job.content;
      open = open.filter((other) => other !== job);
    },
  };
}

export type Jobs = ReturnType<typeof makeJobs>;

/** Counters as Constant Contact tells them: the items include the header row. */
export function countersOf(
  job: Job,
  result: Omit<ImportResult, 'messages'> | undefined,
  state: EndState,
): Counters {
  if (job.kind === 'list-delete') {
    const count = job.listIds.length;
    return { items_total_count: count, items_completed_count: count, list_count: count };
  }
  const rows = result?.rows ?? 0;
  return {
    items_total_count: job.contacts - job.dropped.contacts + 1,
    items_completed_count: state === 'completed' ? rows + 1 : 0,
    person_count: rows,
    error_count: result?.errors ?? 0,
    correctable_count: result?.correctable ?? 0,
    cannot_add_to_list_count: result?.cannotAddToList ?? 0,
    list_count: job.listIds.length,
    ...job.plan.counters,
  };
}
