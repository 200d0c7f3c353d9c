// Ties what the app logs to the invocation in which it happens, without handing the host's context through every call.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { InvocationContext } from '@azure/functions';
import { makeLog, type Level, type Log } from '../shared/platform/log';

const current = new AsyncLocalStorage<InvocationContext>();

/** Runs `work` as part of the invocation. */
export const within = <T>(context: InvocationContext, work: () => Promise<T>): Promise<T> =>
  current.run(context, work);

function write(level: Level, line: string): void {
  const context = current.getStore();
  if (context) context[level](line);
  else console[level](line);
}

export const log: Log = makeLog(write);
