// The Durable client, reduced to what this app does with it: start a run's orchestration, look at it, wake it.
import type { InvocationContext } from '@azure/functions';
import { getClient, OrchestrationRuntimeStatus } from 'durable-functions';
import type { ExportRunInput } from '../shared/runs/steps';
import { cancelEvent, names } from '../shared/runs/steps';

export interface Orchestrations {
  /** `absent` too when the host has never heard of the run. */
  look(runId: string): Promise<{ readonly state: 'absent' | 'on' | 'over'; readonly customStatus: unknown }>;
  /** Starts the orchestration of a run; it is no fault when it is on already. */
  start(input: ExportRunInput): Promise<void>;
  /** Cuts short what the orchestration waits for. */
  wake(runId: string): Promise<void>;
  /** Removes the history of a run that is over; it is no fault when there is none. */
  forget(runId: string): Promise<void>;
}

const on: ReadonlySet<OrchestrationRuntimeStatus> = new Set([
  OrchestrationRuntimeStatus.Pending,
  OrchestrationRuntimeStatus.Running,
  OrchestrationRuntimeStatus.ContinuedAsNew,
  OrchestrationRuntimeStatus.Suspended,
]);

export function orchestrations(context: InvocationContext): Orchestrations {
  const client = getClient(context);

  const self: Orchestrations = {
    async look(runId) {
      try {
        const { runtimeStatus, customStatus } = await client.getStatus(runId, { showInput: false });
        return { state: on.has(runtimeStatus) ? 'on' : 'over', customStatus };
      } catch (error) {
        // The library gives no status code, only a sentence that holds it.
        if (error instanceof Error && error.message.includes('HTTP 404 response'))
          return { state: 'absent', customStatus: null };
        throw error;
      }
    },

    async start(input) {
      try {
        await client.startNew(names.exportRun, { instanceId: input.runId, input });
      } catch (error) {
        if ((await self.look(input.runId)).state !== 'on') throw error;
      }
    },

    async wake(runId) {
      if ((await self.look(runId)).state === 'on') await client.raiseEvent(runId, cancelEvent, null);
    },

    async forget(runId) {
      await client.purgeInstanceHistory(runId);
    },
  };
  return self;
}
