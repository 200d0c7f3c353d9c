// The part of durable-functions that replays a history. It has no types of its own; the local Functions host's worker reaches it
// through the trigger, and tests by this path.
declare module 'durable-functions/lib/src/orchestrations/Orchestrator' {
  import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions';

  export class Orchestrator {
    constructor(orchestrator: OrchestrationHandler);
    /** The handler of the orchestration trigger: takes the host's payload, returns the answer for it. */
    listen(): (trigger: object, context: OrchestrationContext) => Promise<object>;
  }
}
