// What is measured runs in processes of their own: one that waits for jobs, and the side that gives them.
import { fork } from 'node:child_process';
import { once } from 'node:events';

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** In the process: answers every job by `work`, until the parent goes. */
export function answerJobs(work: (job: never) => Promise<unknown>): void {
  process.on('message', (job) => {
    work(job as never).then(
      (result) => process.send?.({ result } satisfies Answer),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

export interface MeasuredProcess<Job, Result> {
  /** One at a time. @throws what went wrong there. */
  run(job: Job): Promise<Result>;
  stop(): Promise<void>;
}

/** @param script compiled, beside this file. */
export function startProcess<Job extends object, Result>(script: string): MeasuredProcess<Job, Result> {
  // Standard output is for the results alone.
  const child = fork(require.resolve(`./${script}`), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(() => undefined);
  return {
    async run(job) {
      const answered = once(child, 'message') as Promise<[Answer]>;
      child.send(job);
      const answer = await Promise.race([answered, ended]);
      if (answer === undefined) throw new Error(`${script} ended before it had answered`);
      const [{ result, error }] = answer;
      if (error !== undefined) throw new Error(`${script}: ${error}`);
      return result as Result;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
