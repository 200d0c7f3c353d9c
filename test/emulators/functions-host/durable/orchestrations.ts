// All instances that this host runs: starts and wakes their runners, sends what turns schedule, and finds what other hosts left.
import type { HostClock } from '../clock';
import type { Log } from '../log-lines';
import type { Functions } from './program';
import type { HistoryEvent, ParentInstance } from './history';
import type { Instance, Instances, NewInstance, StoredInstance } from './instances';
import type { LargeValues } from './large-values';
import { clearPartition, makePartition, type Outgoing, type Partition, type Received } from './partition';
import { makeRunner, type CallOrchestrator, type Runner } from './runner';
import type { TaskHub } from './storage';
import type { WorkItem } from './work-queue';

export interface OrchestrationsDeps {
  readonly hub: TaskHub;
  readonly instances: Instances;
  readonly values: LargeValues;
  readonly clock: HostClock;
  readonly log: Log;
  readonly functions: Functions;
  readonly call: CallOrchestrator;
  schedule(items: readonly WorkItem[]): Promise<() => void>;
}

export interface Orchestrations {
  /** @returns the instance, and whether it is a new one. */
  begin(
    start: Omit<NewInstance, 'at'>,
  ): Promise<{ readonly created: boolean; readonly instance: StoredInstance }>;
  /** Leaves a message for an instance. `executionId` null: for whichever execution there is. */
  tell(
    instance: { instanceId: string; lifeId: string },
    event: HistoryEvent,
    executionId: string | null,
  ): Promise<void>;
  partition(instance: { instanceId: string; lifeId: string }): Partition;
  /** Looks for open instances now and from time to time. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const scanEveryMs = 500;

export function makeOrchestrations(deps: OrchestrationsDeps): Orchestrations {
  const { hub, instances, values, clock, log } = deps;
  const runners = new Map<string, Runner>();
  let stopped = false;
  let scanning: Promise<void> = Promise.resolve();
  let nextScan: NodeJS.Timeout | undefined;

  const partition = ({ instanceId, lifeId }: { instanceId: string; lifeId: string }) =>
    makePartition(hub, values, instanceId, lifeId);

  const runnerOf = (row: StoredInstance, fresh = false): Runner => {
    const there = runners.get(row.instanceId);
    if (there?.lifeId === row.lifeId) return there;
    void there?.stop();
    const runner: Runner = makeRunner(
      {
        ...deps,
        partition: partition(row),
        send,
        gone() {
          if (runners.get(row.instanceId) === runner) runners.delete(row.instanceId);
        },
      },
      row,
      fresh,
    );
    if (!stopped) runners.set(row.instanceId, runner);
    return runner;
  };

  const begin: Orchestrations['begin'] = async (start) => {
    const result = await instances.create({ ...start, at: clock.timestamp() });
    if (!result.created) return result;
    runnerOf(result.instance, true).wake();
    // What an earlier life of this id left is in nobody's way.
    void clearPartition(hub, result.instance.instanceId, (lifeId) => lifeId !== result.instance.lifeId).catch(
      (error: unknown) => log('warning', `could not clear an earlier history: ${String(error)}`),
    );
    return result;
  };

  const tell: Orchestrations['tell'] = async (target, event, executionId) => {
    const message: Received = await partition(target).tell(event, executionId);
    const runner = runners.get(target.instanceId);
    if (runner?.lifeId === target.lifeId) {
      runner.deliver(message);
      return;
    }
    const row = await instances.get(target.instanceId);
    if (row?.lifeId === target.lifeId) runnerOf(row).wake();
  };

  const beginSub = async (parent: ParentInstance, work: Extract<Outgoing, { kind: 'work' }>['work']) => {
    if (work.kind !== 'sub-orchestration') return;
    const there = await instances.get(work.instanceId);
    const same =
      there?.parent?.OrchestrationInstance.ExecutionId === parent.OrchestrationInstance.ExecutionId &&
      there.parent.TaskScheduleId === parent.TaskScheduleId;
    // Sent a second time, after a crash between sending and noting it.
    if (same) return;
    await begin({ instanceId: work.instanceId, name: work.name, input: JSON.stringify(work.input), parent });
  };

  async function send(from: Instance, outgoing: readonly Outgoing[]): Promise<() => void> {
    const items: WorkItem[] = [];
    for (const one of outgoing) {
      if (one.kind === 'tell') {
        const target = await instances.get(one.instanceId);
        if (target) await tell(target, one.event, one.executionId);
      } else if (one.work.kind === 'activity') {
        const { instanceId, lifeId } = from;
        const { id: taskId, name, input } = one.work;
        items.push({ instanceId, lifeId, executionId: one.executionId, taskId, name, input });
      } else {
        const { name, instanceId } = from;
        const OrchestrationInstance = { InstanceId: instanceId, ExecutionId: one.executionId };
        await beginSub(
          { Name: name, OrchestrationInstance, TaskScheduleId: one.work.id, Version: null },
          one.work,
        );
      }
    }
    return items.length > 0 ? deps.schedule(items) : () => undefined;
  }

  const scan = async () => {
    for await (const row of instances.list('open')) {
      if (stopped) return;
      const known = runners.get(row.instanceId);
      if (known?.lifeId === row.lifeId) await known.peek();
      else runnerOf(row).wake();
    }
  };

  const scanOnAndOn = async () => {
    await scan().catch((error: unknown) => log('warning', `could not look for instances: ${String(error)}`));
    if (!stopped)
      nextScan = setTimeout(() => {
        scanning = scanOnAndOn();
      }, scanEveryMs);
  };

  return {
    begin,
    tell,
    partition,
    async start() {
      await scanOnAndOn();
    },
    async stop() {
      stopped = true;
      clearTimeout(nextScan);
      await scanning;
      await Promise.all([...runners.values()].map((runner) => runner.stop()));
    },
  };
}
