// One turn of an orchestration, as pure rules: replays the actions over the history, event by event, says what is to be
// scheduled, and finds histories that do not fit.
import { NonDeterministic, makeAgenda, type Work } from './agenda';
import type { Answer } from './answer';
import { EventType, type HistoryEvent } from './history';
import { NotHere, makeProgram, type Functions } from './program';

export interface Decision {
  /** What this turn schedules: events for the history, and what they stand for. */
  readonly scheduled: readonly HistoryEvent[];
  readonly work: readonly Work[];
  readonly nextId: number;
  /** The orchestration function is at its end, and so is everything that it scheduled. */
  readonly ended: boolean;
  readonly continueAsNew?: { readonly input: unknown };
  /** External events that nobody has waited for yet. */
  readonly unclaimed: readonly HistoryEvent[];
  /** What is wrong with the orchestration, apart from its own error. */
  readonly fault?: string;
}

/**
 * @param events the whole history, with the news of this turn, without what this turn schedules
 * @param now the time that the new events get, ISO 8601
 */
export function decide(
  events: readonly HistoryEvent[],
  answer: Answer,
  now: string,
  functions: Functions,
): Decision {
  const start = events.find((one) => one.EventType === EventType.ExecutionStarted);
  const { ExecutionId: executionId } = start?.['OrchestrationInstance'] as { ExecutionId: string };
  const agenda = makeAgenda();
  const program = makeProgram(answer.actions[0] ?? [], { agenda, functions, executionId, now });
  const rest = () => ({ nextId: agenda.nextId, unclaimed: agenda.unclaimed });
  try {
    for (const event of events)
      if (event.EventType === EventType.ExecutionStarted) program.start();
      else agenda.see(event);
  } catch (error) {
    if (!(error instanceof NonDeterministic || error instanceof NotHere)) throw error;
    const fault =
      error instanceof NonDeterministic
        ? `Non-Deterministic workflow detected: ${error.message}`
        : `Orchestrator function '${String(start?.['Name'])}' failed: ${error.message}`;
    return { ...rest(), scheduled: [], work: [], ended: true, fault };
  }
  const fresh = agenda.fresh();
  const over = answer.isDone || (answer.error ?? '') !== '';
  return {
    ...rest(),
    scheduled: fresh.map(({ event }) => event),
    work: fresh.flatMap(({ work }) => (work ? [work] : [])),
    ended: over && program.finished && !agenda.busy,
    ...(program.continueAsNew ? { continueAsNew: program.continueAsNew } : {}),
  };
}
