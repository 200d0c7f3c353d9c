// Runs one instance on this host: turn after turn while there is news, then waits for its next timer. Another host may run it
// too: whoever commits a turn first wins, and the other reads again.
import type { HostClock } from '../clock';
import type { Log } from '../log-lines';
import { answerOfError, type Answer } from './answer';
import { unknownFunction, type Functions } from './program';
import { afterTurn, turnPayload, type HistoryEvent } from './history';
import { isFinal, type Instance, type Instances, type StoredInstance } from './instances';
import type { Outgoing, Partition, Received } from './partition';
import { isLost } from './storage';
import { gather, openTimers, type Between, type News } from './gather';
import { answeredTurn, silentTurn, type Told } from './turn';

/** Calls an orchestration function. @throws {OrchestratorThrew} what the function threw; anything else: it did not come to its end */
export type CallOrchestrator = (name: string, payload: object) => Promise<Answer>;

export class OrchestratorThrew extends Error {
  readonly code = 'orchestrator-threw';
}

export interface RunnerDeps {
  readonly instances: Instances;
  readonly partition: Partition;
  readonly clock: HostClock;
  readonly log: Log;
  readonly functions: Functions;
  readonly call: CallOrchestrator;
  /** Sends what a committed turn has to send. Returns how to begin with it, once it is noted as sent. */
  send(instance: Instance, outgoing: readonly Outgoing[]): Promise<() => void>;
  /** This life is over: nothing more will come. */
  gone(): void;
}

export interface Runner {
  readonly lifeId: string;
  /** Hands over a message that this host has just stored. */
  deliver(message: Received): void;
  wake(): void;
  /** Looks whether another host has left work behind, or has gone further. */
  peek(): Promise<void>;
  /** Resolves when no turn is under way; none will start. */
  stop(): Promise<void>;
}

const retryMs = 200;
const peekEveryMs = 1000;

/** Without the work whose result has come: it was sent after all. */
const unanswered = (
  outgoing: readonly Outgoing[],
  past: readonly HistoryEvent[],
  inbox: readonly Received[],
) => {
  const events = [...past, ...inbox.map(({ event }) => event)];
  const answered = new Set(events.map((event) => event['TaskScheduledId']));
  return outgoing.filter((one) => one.kind !== 'work' || !answered.has(one.work.id));
};

/** @param fresh whether the instance has just been created here, so that there is nothing to read */
export function makeRunner(deps: RunnerDeps, row: StoredInstance, fresh: boolean): Runner {
  const { instances, partition, clock, log } = deps;
  let state: Between | undefined = fresh ? { instance: row, suspended: false, past: [] } : undefined;
  let rowEtag = row.etag;
  let inbox: Received[] = [];
  let delivered: Received[] = [];
  let busy: Promise<void> | undefined;
  /** Changes while a turn waits. */
  let again = false;
  let stopped = false;
  const isStopped = () => stopped;
  const wasWoken = () => again;
  let peekedAt = Date.now();
  /** Another host has gone further, or left something: what is known here is read again. */
  let stale = false;
  let disarm = () => {};
  /** Rows of the Instances table are written one after the other, behind the turns. */
  let recording: Promise<unknown> = Promise.resolve();

  const record = (encoded: Parameters<Instances['record']>[0]) => {
    recording = recording
      .then(async () => {
        rowEtag = await instances.record(encoded, rowEtag);
      })
      .catch((error: unknown) => log('warning', `could not record ${row.instanceId}: ${String(error)}`));
    return recording;
  };

  const end = () => {
    stopped = true;
    disarm();
    deps.gone();
  };

  /** Only what is noted as sent begins: else a crash in between would have it done twice. */
  const send = async (instance: Instance, outgoing: readonly Outgoing[], outboxKey: string) => {
    const begin = await deps.send(instance, outgoing);
    await partition.sent(outboxKey);
    begin();
  };

  const load = async (): Promise<Between | undefined> => {
    const [there, loaded] = await Promise.all([instances.get(row.instanceId), partition.load()]);
    if (there?.lifeId !== row.lifeId) return undefined;
    rowEtag = there.etag;
    inbox = [...loaded.inbox];
    let instance = there;
    if (loaded.state && loaded.turn > there.turn) {
      // The host that committed the last turn did not come to say so.
      await record(loaded.state as Parameters<Instances['record']>[0]);
      instance = (await instances.get(row.instanceId)) ?? there;
    }
    const past = loaded.turns.flatMap((turn) => afterTurn(turn));
    for (const { key, outgoing } of loaded.unsent)
      await send(instance, unanswered(outgoing, past, inbox), key);
    if (isFinal(instance.runtimeStatus)) return undefined;
    return { instance, suspended: loaded.suspended, past };
  };

  const ask = async ({ instance, past }: Between, news: News): Promise<Told> => {
    if (!deps.functions.isOrchestrator(instance.name))
      return { failure: unknownFunction(instance.name, 'an orchestrator') };
    try {
      const payload = turnPayload(past, news.events, instance.instanceId);
      return { answer: await deps.call(instance.name, payload) };
    } catch (error) {
      if (!(error instanceof OrchestratorThrew)) throw error;
      const answer = answerOfError(error.message);
      return answer
        ? { answer }
        : { failure: `Orchestrator function '${instance.name}' failed: ${error.message}` };
    }
  };

  /** @returns whether there may be more to do at once. */
  const step = async (): Promise<boolean> => {
    if (stale) state = undefined;
    stale = false;
    state ??= await load();
    if (!state) {
      end();
      return false;
    }
    const known = new Set(inbox.map(({ key }) => key));
    inbox.push(...delivered.filter(({ key }) => !known.has(key)));
    delivered = [];
    const news = gather(state, inbox, clock.now());
    if (!news) {
      arm(state);
      return false;
    }
    const told = news.idle || news.control ? undefined : await ask(state, news);
    const at = clock.timestamp();
    const outcome = told ? answeredTurn(state, news, told, at, deps.functions) : silentTurn(state, news, at);
    const encoded = await instances.encode(outcome.instance);
    const outboxKey = await partition.commit({
      executionId: outcome.instance.executionId,
      turn: outcome.instance.turn,
      suspended: outcome.suspended,
      state: encoded,
      events: outcome.events,
      consumed: news.consumed,
      outgoing: outcome.outgoing,
    });
    const consumed = new Set(news.consumed);
    inbox = inbox.filter(({ key }) => !consumed.has(key));
    const over = isFinal(outcome.instance.runtimeStatus);
    state = outcome;
    const recorded = record(encoded);
    if (outboxKey !== undefined) await send(outcome.instance, outcome.outgoing, outboxKey);
    if (outcome.anew)
      void partition
        .forget(outcome.instance.turn)
        .catch((error: unknown) => log('warning', `could not clear what is over: ${String(error)}`));
    if (!over) return true;
    await recorded;
    end();
    return false;
  };

  const arm = ({ past, suspended }: Between) => {
    disarm();
    if (suspended) return;
    const due = openTimers(past).map((timer) => Date.parse(String(timer['FireAt'])));
    if (due.length > 0) disarm = clock.at(Math.min(...due), wake);
  };

  const run = async () => {
    for (;;) {
      again = false;
      let more = true;
      try {
        more = await step();
      } catch (error) {
        if (isStopped()) return;
        state = undefined;
        if (!isLost(error)) log('warning', `a turn of ${row.instanceId} is tried again: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, isLost(error) ? 5 + Math.random() * 20 : retryMs));
      }
      if (isStopped() || !(more || wasWoken())) return;
    }
  };

  function wake() {
    if (isStopped()) return;
    again = true;
    busy ??= run().finally(() => {
      busy = undefined;
      if (again) wake();
    });
  }

  return {
    lifeId: row.lifeId,
    deliver(message) {
      delivered.push(message);
      wake();
    },
    wake,
    async peek() {
      if (busy || isStopped() || Date.now() - peekedAt < peekEveryMs) return;
      peekedAt = Date.now();
      if (!(await partition.hasNews(state?.instance.turn ?? 0))) return;
      stale = true;
      wake();
    },
    async stop() {
      stopped = true;
      disarm();
      await busy;
      await recording;
    },
  };
}
