// The orchestration of one run: open, prepare, send wave by wave, await the import jobs, close; all over again when it failed for a cause
// that passes, without what has been done by then.
// It is replayed from its history after every step, so it only schedules, decides and remembers.
import type { OrchestrationContext, Task } from 'durable-functions';
import { RetryOptions } from 'durable-functions';
import { estimateSeconds } from '../../shared/runs/estimate';
import { makePhaseTimes } from '../../shared/runs/phase-times';
import {
  awaitImportsResult,
  cancelEvent,
  closeRunResult,
  exportRunInput,
  importBatchResult,
  names,
  openRunResult,
  prepareBatchesResult,
  type Closing,
  type Later,
  type Progress,
} from '../../shared/runs/steps';
import { batchesOf, wavesOf, type Wave } from '../../shared/runs/waves';

type Sending = { readonly batch: number; readonly attempt: number };
type Steps<T> = Generator<Task, T, unknown>;

/** How often the run starts over when the segment's files change under the read. */
const maxRounds = 3;

/** How often the run looks for the account before it has sent anything: for about five minutes. */
const maxLooksForAccount = 10;

/** As what the run is closed that has looked in vain. */
const inVain = { 'constant-contact-away': 'away', 'key-vault': 'no-secrets' } as const satisfies Partial<
  Record<Later['why'], Closing>
>;

/** A worker that dies, or storage that is away, fails an activity: six tries over about five minutes. */
const retry = (first: number) =>
  Object.assign(new RetryOptions(first, 6), {
    backoffCoefficient: 2,
    maxRetryIntervalInMilliseconds: 120_000,
  });

export function* exportRun(context: OrchestrationContext): Steps<void> {
  const { df } = context;
  const input = exportRunInput.parse(df.getInput());
  const { runId } = input;
  const now = () => df.currentUtcDateTime.getTime();
  const progress = { phase: 'opening', batches: { total: 0, sent: 0, done: 0 }, contacts: 0 } as Progress;
  const times = makePhaseTimes(now);
  let requests = 0;
  let tries = 0;
  // One task for all waits: an event is never scheduled, so it may be waited for again. Activities and timers may not:
  // the host starts them anew whenever they stand in another Task.any or Task.all.
  const cancelled = df.waitForExternalEvent(cancelEvent);

  /** Whatever has passed since the last time belongs to the phase that was shown then. */
  function show(change: Partial<Progress>): void {
    times.passedIn(progress.phase);
    df.setCustomStatus(Object.assign(progress, change, { phases: times.list(), requests }));
  }

  function call(name: string, rest: object = {}): Task {
    return df.callActivityWithRetry(name, retry(input.retryFirst), { runId, ...rest });
  }

  /** Of what several steps answer, how many requests they took. */
  function count<R extends { readonly requests?: number | undefined }>(result: R): R {
    requests += result.requests ?? 0;
    return result;
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

  /** Rounds are numbered through all tries: each has a plan of its own. */
  let round = 0;

  /** Opens and prepares, over again when the segment's files change under the read. What is prepared already is opened only. */
  function* prepare(): Steps<readonly number[] | 'stopped' | Closing> {
    let looksForAccount = 0;
    const open = () => call(names.openRun, { round, tries });
    for (let rounds = 1; rounds <= maxRounds; rounds++) {
      round++;
      show({ phase: 'opening' });
      // Whoever writes the segment needs a moment.
      if (rounds > 1) yield* waitUntil(now() + input.pollFirst);
      let opened = count(openRunResult.parse(yield open()));
      while (opened.kind === 'later') {
        const { why } = opened;
        const isPassing = why === 'constant-contact-away' || why === 'key-vault';
        if (isPassing && ++looksForAccount >= maxLooksForAccount) return inVain[why];
        yield* park(opened);
        opened = count(openRunResult.parse(yield open()));
      }
      if (opened.kind === 'stopped') return 'stopped';
      if (opened.kind === 'changed') continue;

      show({ phase: 'preparing' });
      const prepared = prepareBatchesResult.parse(yield call(names.prepareBatches, { round, tries }));
      if (prepared.kind === 'stopped') return 'stopped';
      if (prepared.kind === 'prepared') {
        const total = prepared.waves.reduce((sum, count) => sum + count, 0);
        show({ contacts: prepared.contacts, batches: { ...progress.batches, total } });
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

  /** As what the present try ends. */
  let reason: Closing;
  /** The batches of which somebody has seen that they were accepted. */
  const accepted = new Set<number>();

  /** Sends these batches, a bounded number at a time. @returns whether the run goes on. */
  function* send(batches: readonly Sending[]): Steps<boolean> {
    let pending = [...batches];
    let width = input.concurrency;
    while (pending.length > 0) {
      show({ phase: 'sending' });
      const window = pending.splice(0, width);
      let results: unknown[];
      try {
        results = (yield df.Task.all(window.map((sending) => call(names.importBatch, sending)))) as unknown[];
      } catch {
        reason = 'broken';
        return false;
      }
      let later: Later | undefined;
      const postponed: Sending[] = [];
      for (const [index, sending] of window.entries()) {
        const result = count(importBatchResult.parse(results[index]));
        if (result.kind === 'stopped') return false;
        if (result.kind === 'sent') accepted.add(sending.batch);
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

  /** Whether a job was given up that may be open still. */
  let inDoubt = false;

  /**
   * Waits until no import job is open any more. What failed, or turns out never to have been accepted, is sent again, unless the
   * run is stopping. @returns whether the run goes on.
   */
  function* settle({ before, size }: Wave, stopping: boolean): Steps<boolean> {
    const sentAt = now();
    let wait = input.pollFirst;
    for (;;) {
      show({ phase: 'waiting' });
      if (!stopping) yield* waitUntil(now() + wait);
      const looked = count(awaitImportsResult.parse(yield call(names.awaitImports)));
      if (looked.kind === 'stopped') return false;
      if (looked.kind === 'later') {
        yield* park(looked);
        continue;
      }
      inDoubt = looked.unconfirmed !== undefined;
      // Those that are not sent are neither open nor done.
      const ended = Math.min(progress.batches.sent, before + size - looked.open - looked.again.length);
      progress.batches.done = Math.max(before, ended);
      show({ estimateSeconds: estimate(progress.batches.done > before ? now() - sentAt : undefined) });
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

  /** The waves that are through, of all tries. */
  let wavesDone = 0;

  /** One try: as far as it comes. */
  function* attempt(): Steps<void> {
    const waves = yield* prepare();
    if (typeof waves === 'string') {
      if (waves !== 'stopped') reason = waves;
      return;
    }
    for (const [index, wave] of wavesOf(waves).entries()) {
      if (index < wavesDone) continue;
      const unsent = batchesOf(wave).filter((batch) => !accepted.has(batch));
      if (!(yield* send(unsent.map((batch) => ({ batch, attempt: 1 })))) || !(yield* settle(wave, false))) {
        // What has been accepted by then is still worth knowing.
        yield* settle(wave, true);
        return;
      }
      wavesDone = index + 1;
      // Nobody may be in two open jobs: the waves to come hold the same people.
      if (inDoubt) return;
    }
  }

  for (;;) {
    reason = 'done';
    try {
      yield* attempt();
    } catch {
      // An activity failed for good; its events in the log say why. The run is closed with what is known.
      reason = 'broken';
    }
    delete progress.estimateSeconds;
    show({ phase: 'closing' });
    const closing = { reason, tries, phases: times.list(), requests };
    // Histories of before it answered anything hold `null`.
    const { data: closed } = closeRunResult.safeParse(yield call(names.closeRun, closing));
    if (closed?.kind !== 'retry') return;
    tries++;
    show({ phase: 'retrying', waitingUntil: new Date(closed.until).toISOString() });
    yield* waitUntil(closed.until);
    delete progress.waitingUntil;
  }
}
