// What an orchestration function answers at the end of a turn (replay schema 3), and how it is read out of the worker's answer.

export const ActionType = {
  CallActivity: 0,
  CallActivityWithRetry: 1,
  CallSubOrchestrator: 2,
  CallSubOrchestratorWithRetry: 3,
  ContinueAsNew: 4,
  CreateTimer: 5,
  WaitForExternalEvent: 6,
  WhenAny: 11,
  WhenAll: 12,
} as const;

/** What this host does not do, by the number of the action. */
export const elsewhere: Readonly<Record<number, string>> = {
  7: 'callEntity',
  8: 'callHttp',
  9: 'signalEntity',
  10: 'a scheduled signalEntity',
  13: 'lock',
  14: 'the release of a lock',
};

export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

export interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly instanceId?: string;
  readonly retryOptions?: RetryOptions;
  readonly fireAt?: string;
  readonly isCanceled?: boolean;
  readonly externalEventName?: string;
  readonly compoundActions?: readonly Action[];
}

export interface Answer {
  readonly isDone: boolean;
  /** Every action since the start of the execution, one list in a list. */
  readonly actions: readonly (readonly Action[])[];
  readonly output?: unknown;
  /** The message of what the orchestration function threw. */
  readonly error?: string;
  readonly customStatus?: unknown;
}

const stateLabel = '\n\n$OutOfProcData$:';

/** An orchestration function's throw carries its state behind a label. `undefined` when the error is another one. */
export function answerOfError(message: string): Answer | undefined {
  const at = message.indexOf(stateLabel);
  return at < 0 ? undefined : (JSON.parse(message.slice(at + stateLabel.length)) as Answer);
}
