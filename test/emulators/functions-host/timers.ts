// Timer functions: on their schedules, on one host at a time, and on request.
import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { HostClock } from './clock';
import type { FunctionTable, Triggered } from './function-table';
import { withSettings } from './host-config';
import type { Log } from './log-lines';
import { parseSchedule, type Schedule } from './ncrontab';
import type { Worker } from './worker-process';

export interface Timers {
  /** Resolves when it is known whether this host is the one. */
  start(): Promise<void>;
  /** Calls a timer function now. @returns whether there is one of this name. */
  fire(name: string): boolean;
  stop(): Promise<void>;
}

export interface TimerDeps {
  readonly locks: ContainerClient;
  readonly hub: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: HostClock;
  readonly log: Log;
  readonly worker: Worker;
  clientBinding(): object;
}

/** The shortest lease that there is: as long as the timers rest after a host has been killed. */
const leaseSeconds = 15;
const renewMs = 5000;
const lateMs = 1000;

export function makeTimers(deps: TimerDeps, table: FunctionTable): Timers {
  const { clock, log, worker } = deps;
  const lock = makeLock(deps.locks, `locks/${deps.hub.toLowerCase()}/timers`);
  const running = new Set<Promise<void>>();
  const waits = new Map<string, { readonly dueMs: number; cancel(): void }>();
  let renewal: NodeJS.Timeout | undefined;
  let renewing: Promise<void> = Promise.resolve();
  let stopped = false;

  const schedules = table.timers.map((target) => ({
    target,
    schedule: parseSchedule(withSettings(String(target.trigger['schedule']), deps.env)),
    runOnStartup: target.trigger['runOnStartup'] === true,
  }));

  const call = async ({ name, bindingName, clientBindings }: Triggered, dueMs: number) => {
    const payload = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: null,
      IsPastDue: clock.now() - dueMs > lateMs,
    };
    const client = JSON.stringify(deps.clientBinding());
    try {
      await worker.invoke({
        functionName: name,
        inputData: [
          { name: bindingName, data: { json: JSON.stringify(payload) } },
          ...clientBindings.map((one) => ({ name: one, data: { string: client } })),
        ],
        triggerMetadata: { TimerTrigger: { string: new Date(dueMs).toISOString() } },
      });
    } catch {
      // The log has it; the next time comes all the same.
    }
  };

  const begin = (target: Triggered, dueMs: number): Promise<void> => {
    const one = call(target, dueMs).finally(() => running.delete(one));
    running.add(one);
    return one;
  };

  const wait = (target: Triggered, schedule: Schedule) => {
    const dueMs = schedule.next(clock.now());
    const cancel = clock.at(dueMs, () => {
      waits.delete(target.name);
      if (stopped) return;
      // A function never overlaps with itself: the next time counts from its end.
      const done = lock.held() ? begin(target, dueMs) : Promise.resolve();
      void done.then(() => {
        if (!stopped) wait(target, schedule);
      });
    });
    waits.set(target.name, { dueMs, cancel });
  };

  const renew = async () => {
    const had = lock.held();
    await lock.renew().catch((error: unknown) => log('warning', `the lock of the timers: ${String(error)}`));
    if (!had && lock.held())
      for (const { target, runOnStartup } of schedules) if (runOnStartup) void begin(target, clock.now());
    if (!stopped)
      renewal = setTimeout(() => {
        renewing = renew();
      }, renewMs);
  };

  // A jump forward brings what it passes over once, late, by `at` itself; after a jump back the next time is an earlier one.
  clock.onMove(() => {
    for (const { target, schedule } of schedules) {
      const waiting = waits.get(target.name);
      if (stopped || !waiting || schedule.next(clock.now()) >= waiting.dueMs) continue;
      waiting.cancel();
      wait(target, schedule);
    }
  });

  return {
    async start() {
      if (schedules.length === 0) return;
      await (renewing = renew());
      for (const { target, schedule } of schedules) wait(target, schedule);
    },
    fire(name) {
      const target = table.timers.find((one) => one.name === name);
      if (target) void begin(target, clock.now());
      return target !== undefined;
    },
    async stop() {
      stopped = true;
      clearTimeout(renewal);
      for (const { cancel } of waits.values()) cancel();
      await renewing;
      await Promise.all(running);
      await lock.release().catch(() => undefined);
    },
  };
}

/** One holder among all hosts on the storage account, by a blob lease. */
function makeLock(container: ContainerClient, name: string) {
  const blob = container.getBlockBlobClient(name);
  const lease = blob.getBlobLeaseClient(randomUUID());
  let until = 0;
  return {
    held: () => Date.now() < until,
    async renew() {
      const askedAt = Date.now();
      const has = () => {
        until = askedAt + leaseSeconds * 1000;
      };
      try {
        if (until > 0) {
          await lease.renewLease();
          has();
          return;
        }
        await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }).catch(() => undefined);
        await lease.acquireLease(leaseSeconds);
        has();
      } catch (error) {
        until = 0;
        if ((error as { statusCode?: number }).statusCode !== 409) throw error;
      }
    },
    async release() {
      if (until > 0) await lease.releaseLease();
      until = 0;
    },
  };
}
