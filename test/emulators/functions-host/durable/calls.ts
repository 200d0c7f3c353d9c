// How activities and orchestrators are called: their values in the worker's protocol, with the real host's quirks.
import { FunctionThrew, FunctionTimedOut, WorkerEnded, type Worker } from '../worker-process';
import type { FunctionTable, Triggered } from '../function-table';
import type { TypedData } from '../protocol';
import type { Answer } from './answer';
import { ActivityFailed } from './activities';
import { unknownFunction } from './program';
import { OrchestratorThrew, type CallOrchestrator } from './runner';
import type { WorkItem } from './work-queue';

/** .NET's text of a value: JSON for what is an object, `True` and `False` for booleans. */
const dotnetText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
};

const asData = (value: unknown): TypedData | null =>
  value === null || value === undefined ? null : { string: dotnetText(value) };

/** An object's properties are also metadata of their own. */
const properties = (value: unknown): Record<string, TypedData> => {
  const found: Record<string, TypedData> = {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, one] of Object.entries(value))
      if (one !== null && one !== undefined) found[key] = { string: dotnetText(one) };
  return found;
};

/** A function's return value as JSON text. */
export function resultText(data: TypedData | null | undefined): string {
  if (!data) return 'null';
  if (data.json !== undefined) return data.json;
  if (data.string !== undefined) return JSON.stringify(data.string);
  if (data.bytes !== undefined) return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  return JSON.stringify(data.int ?? data.double ?? null);
}

export function makeActivityCall(worker: Worker, table: FunctionTable): (item: WorkItem) => Promise<string> {
  return async ({ name, input, instanceId }) => {
    const activity = table.activity(name);
    if (!activity) throw new ActivityFailed({ message: unknownFunction(name, 'an activity'), stack: '' });
    const data = asData(input);
    const triggerMetadata = {
      ...properties(input),
      instanceId: { string: instanceId },
      ...(data ? { [activity.bindingName]: data, data: { json: JSON.stringify(input) } } : {}),
    };
    try {
      const { returnValue } = await worker.invoke({
        functionName: name,
        inputData: [{ name: activity.bindingName, data }],
        triggerMetadata,
      });
      return resultText(returnValue);
    } catch (error) {
      if (error instanceof FunctionThrew) throw new ActivityFailed(error.error);
      if (error instanceof WorkerEnded || error instanceof FunctionTimedOut)
        throw new ActivityFailed({ message: error.message, stack: '' });
      throw error;
    }
  };
}

export function makeOrchestratorCall(worker: Worker, table: FunctionTable): CallOrchestrator {
  return async (name, payload) => {
    const { bindingName } = table.orchestrator(name) as Triggered;
    const data = { string: JSON.stringify(payload) };
    try {
      const { returnValue } = await worker.invoke({
        functionName: name,
        inputData: [{ name: bindingName, data }],
        // Without the payload, which the real host repeats here: nobody reads it, and it is long.
        triggerMetadata: {},
      });
      return JSON.parse(resultText(returnValue)) as Answer;
    } catch (error) {
      if (error instanceof FunctionThrew) throw new OrchestratorThrew(error.message);
      throw error;
    }
  };
}
