// The tasks that stepped orchestrators yield: what was asked for, and how it ended.
import type { RetryOptions, Task, TimerTask } from 'durable-functions';

export interface ActivityAction {
  readonly kind: 'activity';
  readonly name: string;
  readonly input: unknown;
  readonly retry: RetryOptions;
}
export interface TimerAction {
  readonly kind: 'timer';
  /** Milliseconds since 1970, like `until`. */
  readonly from: number;
  readonly until: number;
  canceled: boolean;
  fired: boolean;
}
export type Action = ActivityAction | TimerAction;

export interface FakeTask extends Task {
  isCompleted: boolean;
  isFaulted: boolean;
  result: unknown;
}

export class Activity implements FakeTask {
  isCompleted = false;
  isFaulted = false;
  result: unknown;
  scheduled = false;
  constructor(readonly action: ActivityAction) {}
}

export class Timer implements FakeTask, TimerTask {
  isCompleted = false;
  isFaulted = false;
  result: unknown;
  scheduled = false;
  constructor(readonly action: TimerAction) {}
  get isCanceled() {
    return this.action.canceled;
  }
  cancel = () => {
    if (this.isCompleted) throw new Error('Cannot cancel a completed task.');
    this.action.canceled = true;
  };
}

export class ExternalEvent implements FakeTask {
  isCompleted = false;
  isFaulted = false;
  result: unknown;
  constructor(readonly name: string) {}
}

export class Compound implements FakeTask {
  isCompleted = false;
  isFaulted = false;
  result: unknown;
  scheduled = false;
  constructor(
    readonly kind: 'all' | 'any',
    readonly children: readonly FakeTask[],
  ) {}
}
