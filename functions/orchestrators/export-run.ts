// The orchestration of one run: open, prepare, send wave by wave, await the import jobs, close.
// It is replayed from its history after every step, so it only schedules, decides and remembers.
import type { OrchestrationContext, Task } from 'durable-functions';
import { RetryOptions } from 'durable-functions';
import { estimateSeconds } from '../../shared/runs/estimate';
import {
  awaitImportsResult,
  cancelEvent,
  exportRunInput,
  importBatchResult,
  names,
  openRunResult,
  prepareBatchesResult,
  type Closing,
  type Later,
  type Progress,
} from '../../shared/runs/steps';

type Sending = { readonly batch: number; readonly attempt: number };
type Steps<T> = Generator<Task, T, unknown>;

/** How often the run starts over when the segment's files change under the read. */
const maxRounds = 3;

/** How often the run looks for a Constant Contact that is away before it has sent anything: for about five minutes. */
const maxLooksForAccount = 10;

/** A worker that dies, or storage that is away, fails an activity: six tries over about five minutes. */
const retry = () =>
  Object.assign(new RetryOptions(10_000, 6), {
    backoffCoefficient: 2,
    maxRetryIntervalInMilliseconds: 120_000,
  });

export function* exportRun(context: OrchestrationContext): Steps<void> {
  const { df } = context;
  const input = exportRunInput.parse(df.getInput());
  const { runId } = input;
  const now = () => df.currentUtcDateTime.getTime();
  const progress = { phase: 'opening', batches: { total: 0, sent: 0, done: 0 }, contacts: 0 } as Progress;
  const show = (change: Partial<Progress>) => df.setCustomStatus(Object.assign(progress, change));
  // One task for all waits: an event is never scheduled, so it may be waited for again. Activities and timers may not:
  // the host starts them anew whenever they stand in another Task.any or Task.all.
  const cancelled = df.waitForExternalEvent(cancelEvent);

  function call(name: string, rest: object = {}): Task {
    return df.callActivityWithRetry(name, retry(), { runId, ...rest });
  }

  function* waitUntil(until: number): Steps<void> {
    if (cancelled.isCompleted) return;
    const timer = df.createTimer(new Date(until));
    const first = yield df.Task.any([timer, cancelled]);
    if (first === cancelled) timer.cancel();
  }

  function* park({ until, why }: Later): Steps<void> {
    show({ waitingUntil: new Date(until).toISOString(), waitingFor: why });
    yield* waitUntil(until);
    delete progress.waitingUntil;
    delete progress.waitingFor;
    show({});
  }

  /** Opens and prepares, over again when the segment's files change under the read. */
  function* prepare(): Steps<readonly number[] | 'stopped' | 'changing' | 'away'> {
    let looksForAccount = 0;
    for (let round = 1; round <= maxRounds; round++) {
      show({ phase: 'opening' });
      // Whoever writes the segment needs a moment.
      if (round > 1) yield* waitUntil(now() + input.pollFirst);
      let opened = openRunResult.parse(yield call(names.openRun, { round }));
      while (opened.kind === 'later') {
        if (opened.why === 'constant-contact-away' && ++looksForAccount >= maxLooksForAccount) return 'away';
        yield* park(opened);
        opened = openRunResult.parse(yield call(names.openRun, { round }));
      }
      if (opened.kind === 'stopped') return 'stopped';
      if (opened.kind === 'changed') continue;

      show({ phase: 'preparing' });
      const prepared = prepareBatchesResult.parse(yield call(names.prepareBatches, { round }));
      if (prepared.kind === 'stopped') return 'stopped';
      if (prepared.kind === 'prepared') {
        const total = prepared.waves.reduce((sum, count) => sum + count, 0);
        show({ contacts: prepared.contacts, batches: { total, sent: 0, done: 0 } });
        return prepared.waves;
      }
    }
    return 'changing';
  }

  function estimate(jobMilliseconds?: number): number {
    const { total, sent, done } = progress.batches;
    return estimateSeconds({
      unsent: total - sent,
      open: sent - done,
      requestsPerSecond: input.requestsPerSecond,
      jobMilliseconds,
    });
  }

  /** Sends these batches, a bounded number at a time. @returns whether the run goes on. */
  function* send(batches: readonly Sending[]): Steps<boolean> {
    let pending = [...batches];
    let width = input.concurrency;
    while (pending.length > 0) {
      show({ phase: 'sending' });
      const window = pending.splice(0, width);
      const results = (yield df.Task.all(
        window.map((sending) => call(names.importBatch, sending)),
      )) as unknown[];
      let later: Later | undefined;
      const postponed: Sending[] = [];
      for (const [index, sending] of window.entries()) {
        const result = importBatchResult.parse(results[index]);
        if (result.kind === 'stopped') return false;
        if (result.kind === 'later') {
          postponed.push(sending);
          if (!later || result.until > later.until) later = result;
        } else if (sending.attempt === 1) {
          // Once more when it turned out that it had not been accepted.
          progress.batches.sent = Math.min(progress.batches.sent + 1, progress.batches.total);
        }
      }
      pending = [...postponed, ...pending];
      // One batch finds out whether the queue of jobs has room again; the history stays short meanwhile.
      width = later?.why === 'job-queue' ? 1 : input.concurrency;
      show({ estimateSeconds: estimate() });
      if (later) yield* park(later);
    }
    return true;
  }

  /**
   * Waits until no import job is open any more. What failed, or turns out never to have been accepted, is sent again, unless the
   * run is stopping. @returns whether the run goes on.
   */
  function* settle(count: number, stopping: boolean): Steps<boolean> {
    const doneBefore = progress.batches.done;
    const sentAt = now();
    let wait = input.pollFirst;
    for (;;) {
      show({ phase: 'waiting' });
      if (!stopping) yield* waitUntil(now() + wait);
      const looked = awaitImportsResult.parse(yield call(names.awaitImports));
      if (looked.kind === 'stopped') return false;
      if (looked.kind === 'later') {
        yield* park(looked);
        continue;
      }
      progress.batches.done = Math.max(doneBefore, doneBefore + count - looked.open - looked.again.length);
      show({ estimateSeconds: estimate(progress.batches.done > doneBefore ? now() - sentAt : undefined) });
      if (looked.open === 0 && (stopping || looked.again.length === 0)) return !stopping;
      if (looked.again.length > 0 && !stopping) {
        if (!(yield* send(looked.again))) return false;
        wait = input.pollFirst;
      } else {
        if (stopping) yield* waitUntil(now() + wait);
        wait = Math.min(wait * 2, input.pollLongest);
      }
    }
  }

  let reason: Closing = 'done';
  try {
    const waves = yield* prepare();
    if (waves === 'changing' || waves === 'away') reason = waves;
    else if (waves !== 'stopped') {
      let next = 1;
      for (const count of waves) {
        const batches = Array.from({ length: count }, (_, index) => ({ batch: next + index, attempt: 1 }));
        next += count;
        if (!(yield* send(batches)) || !(yield* settle(count, false))) {
          // What has been accepted by then is still worth knowing.
          yield* settle(count, true);
          break;
        }
      }
    }
  } catch {
    // An activity failed for good; its events in the log say why. The run is closed with what is known.
    reason = 'broken';
  }
  delete progress.estimateSeconds;
  show({ phase: 'closing' });
  yield call(names.closeRun, { reason });
}
